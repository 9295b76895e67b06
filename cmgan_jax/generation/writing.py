"""Sources to files, a batch at a time."""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cmgan_jax.generation.media_in import Source, read_sources
from cmgan_jax.generation.media_out import (
    Waveforms,
    copy_target,
    suffixes,
    write_target,
)
from cmgan_jax.generation.request import Request
from cmgan_jax.generation.results import Planned
from cmgan_jax.runs.generating import BATCH_SIZE
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.names import shown
from cmgan_jax.runtime.progress import Progress


@dataclasses.dataclass(frozen=True)
class _Item:
    """A source, and the input it is of."""

    planned: Planned
    source: Source

    @property
    def digest(self) -> bytes:
        """Of its pixels, which alone decide what is generated from a seed."""
        return hashlib.blake2b(self.source.array.tobytes(), digest_size=16).digest()

    def stems(self, request: Request) -> list[Path]:
        """Paths of its results without suffixes."""
        count, start = request.samples, self.source.start_ms
        names = (self.planned.name(start, sample, count) for sample in range(count))
        return [request.output / name for name in names]


def write_results(
    model: Model,
    planned: Sequence[Planned],
    request: Request,
    waveforms: Waveforms | None,
) -> int:
    """Generates and writes the results of all inputs.

    Of sources that are alike to the pixel, only the first is generated from; the files
    of the others are copies.

    Returns:
      How many sources were like one before.

    Raises:
      KeyboardInterrupt: stopped; says how far it came.
    """
    total = request.samples * sum(one.sources for one in planned)
    progress = Progress("generate", total, unit="results")
    made: dict[bytes, list[Path]] = {}
    done = repeated = 0
    items = _items(model, planned, request.window_hop)
    try:
        while batch := list(itertools.islice(items, BATCH_SIZE)):
            stems = [one.stems(request) for one in batch]
            keys = [one.digest for one in batch]
            new = sorted({keys.index(key) for key in keys if key not in made})
            if new:
                sources = np.stack([batch[i].source.array for i in new])
                targets = [stems[i] for i in new]
                _generate(model, sources, targets, request, waveforms)
            made |= {keys[i]: stems[i] for i in new}
            for i in sorted(set(range(len(batch))) - set(new)):
                _copy(model, made[keys[i]], stems[i], request, waveforms)
            done += len(batch) * request.samples
            repeated += len(batch) - len(new)
            progress.update(done, shown(batch[-1].planned.input.name))
    except KeyboardInterrupt as stopped:
        raise type(stopped)(
            f"stopped with {done:,} of {total:,} results in {shown(request.output)}. "
            "Give the same command with --overwrite to make all of them."
        ) from None
    return repeated


def _items(
    model: Model, planned: Sequence[Planned], hop_seconds: float
) -> Iterator[_Item]:
    for one in planned:
        sources = read_sources(
            one.input.path,
            model.record.representation,
            direction=model.direction,
            hop_seconds=hop_seconds,
        )
        for source in sources:
            yield _Item(one, source)


def _generate(
    model: Model,
    sources: np.ndarray,
    stems: Sequence[Sequence[Path]],
    request: Request,
    waveforms: Waveforms | None,
) -> None:
    """Writes the results of sources, uint8 [n h w c], to the paths given for each."""
    for sample in range(request.samples):
        targets = model.generate(sources, seed=request.seed + sample)
        for paths, target in zip(stems, targets, strict=True):
            write_target(
                paths[sample],
                target,
                model.record.representation,
                modality=model.direction.target,
                waveforms=waveforms,
                replace=request.overwrite,
            )


def _copy(
    model: Model,
    made: Sequence[Path],
    stems: Sequence[Path],
    request: Request,
    waveforms: Waveforms | None,
) -> None:
    for there, here in zip(made, stems, strict=True):
        for end in suffixes(model.direction.target, waveforms):
            copy_target(
                there.with_name(there.name + end),
                here.with_name(here.name + end),
                replace=request.overwrite,
            )
