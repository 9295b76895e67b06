"""Files in, files out: sounds to pictures, or pictures to sounds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cmgan_jax.generation.media_in import Source, find_files, read_sources
from cmgan_jax.generation.media_out import Waveforms, waveform_maker, write_target
from cmgan_jax.media.errors import MediaError
from cmgan_jax.runs.model import BATCH_SIZE, Model
from cmgan_jax.runtime.progress import Progress


def generate_files(
    model: Model,
    given: Path,
    output: Path,
    *,
    seed: int,
    samples: int,
    hop_seconds: float,
) -> tuple[int, int]:
    """Generates for every file of the input; a bad file stops before anything.

    Args:
      model: a trained system of one direction.
      given: a file of the source modality, or a folder of them.
      output: folder for the results; made if it is not there.
      seed: of the noise; sample i of a source is sample 0 of seed + i.
      samples: results per source.
      hop_seconds: time between windows of a sound.

    Returns:
      Results written, and sources they are of.

    Raises:
      FileNotFoundError: there is no such input.
      ValueError: some inputs are no use, or two would be written under one name.
    """
    sources = _read_all(model, given, hop_seconds)
    _require_own_names(sources)
    waveforms: Waveforms | None = waveform_maker(model.record.representation)
    if model.direction.target == "sound" and waveforms is None:
        print(
            f"{model.record.representation.sound!r} spectrograms cannot be turned into "
            "sound: only their pictures are written. Train on --sound=log_mel data to "
            "hear them."
        )
    total, done = len(sources) * samples, 0
    progress = Progress("generate", total, unit="files")
    for sample in range(samples):
        suffix = f"_{sample + 1}" if samples > 1 else ""
        for source, target in _targets(model, sources, seed + sample):
            files = write_target(
                output / (source.name + suffix),
                target,
                model.record.representation,
                modality=model.direction.target,
                waveforms=waveforms,
            )
            done += 1
            progress.update(done, files[0].name)
    return total, len(sources)


def _read_all(model: Model, given: Path, hop_seconds: float) -> list[Source]:
    sources, bad = [], []
    for file in find_files(given):
        try:
            sources += read_sources(
                file,
                model.record.representation,
                direction=model.direction,
                hop_seconds=hop_seconds,
            )
        except MediaError as error:
            bad.append(str(error))
    if bad:
        raise ValueError("\n".join([f"{len(bad)} of the inputs are no use:", *bad]))
    return sources


def _require_own_names(sources: list[Source]) -> None:
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"several inputs would be written as {', '.join(twice)}: rename them, or "
            "generate from one at a time."
        )


def _targets(
    model: Model, sources: list[Source], seed: int
) -> Iterator[tuple[Source, np.ndarray]]:
    """Sources with their generated targets, made a batch at a time."""
    for start in range(0, len(sources), BATCH_SIZE):
        part = sources[start : start + BATCH_SIZE]
        arrays = np.stack([source.array for source in part])
        yield from zip(part, model.generate(arrays, seed=seed), strict=True)
