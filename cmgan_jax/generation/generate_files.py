"""Files in, files out: sounds to pictures, or pictures to sounds.

Every input is read twice: first to its end, so that whatever is wrong is known before
anything is written, then a batch at a time, so that an hour takes no more memory than a
second.
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from cmgan_jax.generation.inputs import Input, list_inputs
from cmgan_jax.generation.media_in import Content, examine
from cmgan_jax.generation.media_out import suffixes, waveform_maker
from cmgan_jax.generation.results import Planned, plan_results
from cmgan_jax.generation.writing import Request, write_results
from cmgan_jax.media.errors import MediaError
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.names import counted, shown
from cmgan_jax.runtime.outputs import require_apart, require_folder, require_free
from cmgan_jax.runtime.progress import Progress, duration

ON_BAD = ("fail", "skip")


@dataclasses.dataclass(frozen=True)
class Generated:
    """What was generated, and of what.

    Attributes:
      results: targets written; a sound's WAV and picture are one.
      sources: pictures and windows of sound they are of.
      repeated: sources that were the same as one before, whose results were copied.
      planned: the inputs that were read, with their silent stretches.
      left_out: the inputs that were no use.
    """

    results: int
    sources: int
    repeated: int
    planned: tuple[Planned, ...]
    left_out: tuple[MediaError, ...]


def generate_files(
    model: Model,
    given: Path,
    output: Path,
    *,
    seed: int,
    samples: int,
    hop_seconds: float,
    on_bad: str = "fail",
    overwrite: bool = False,
) -> Generated:
    """Generates for every file of the input, once all of them are known to be good.

    Args:
      model: a trained system of one direction.
      given: a file of the source modality, or a folder of them and of such folders.
      output: folder for the results, apart from the input; made if it is not there.
      seed: of the noise; sample i of a source is sample 0 of seed + i.
      samples: results per source.
      hop_seconds: time between windows of a sound.
      on_bad: inputs that are no use: "fail" names all and writes nothing, "skip"
        leaves them out.
      overwrite: whether results may replace files that are there.

    Raises:
      FileNotFoundError: there is no such input.
      ValueError: inputs are no use, the output is not apart from them, or files that
        are there would be replaced.
    """
    if on_bad not in ON_BAD:
        raise ValueError(f"on_bad={on_bad!r} is unknown; known: {ON_BAD}.")
    require_apart(output, given, output_is="--output", given_is="--input")
    require_folder(output, output_is="--output")
    inputs, defects = list_inputs(given)
    read, unreadable = _examine_all(model, inputs, hop_seconds)
    left_out = (*defects, *unreadable)
    _require_use(left_out, len(read), on_bad=on_bad)
    planned = plan_results(read, samples)
    waveforms = waveform_maker(model.record.representation)
    request = Request(output, seed, samples, hop_seconds, overwrite)
    _require_room(planned, given, request, suffixes(model.direction.target, waveforms))
    sources = sum(len(one.content.starts) for one in planned)
    held = f"{counted(len(planned), 'file')}, {counted(sources, 'source')} in all."
    print(held, file=sys.stderr)
    repeated = write_results(model, planned, request, waveforms)
    return Generated(sources * samples, sources, repeated, planned, left_out)


def _examine_all(
    model: Model, inputs: Sequence[Input], hop_seconds: float
) -> tuple[list[tuple[Input, Content]], list[MediaError]]:
    """What every input holds, and the inputs that are no use."""
    read, bad = [], []
    progress = Progress("read", len(inputs), unit="files")
    for number, one in enumerate(inputs):

        def heard(start_ms: int, one=one, number=number) -> None:
            at = duration(start_ms / 1000)
            progress.update(number, f"{shown(one.name)} as far as {at}")

        try:
            content = examine(
                one.path,
                model.record.representation,
                direction=model.direction,
                hop_seconds=hop_seconds,
                heard=heard,
            )
            read.append((one, content))
        except MediaError as error:
            bad.append(error)
        progress.update(number + 1, shown(one.name))
    return read, bad


def _require_use(bad: Sequence[MediaError], useful: int, *, on_bad: str) -> None:
    if not bad or (useful and on_bad == "skip"):
        return
    head = f"{len(bad)} of the inputs are no use"
    if useful:
        head += f", {useful} are (--on_bad=skip takes these); nothing was written"
    raise ValueError("\n".join([f"{head}:", *map(str, bad)]))


def _require_room(
    planned: Sequence[Planned], given: Path, request: Request, ends: tuple[str, ...]
) -> None:
    """Refuses results that would replace a file, or reach the inputs through a link."""
    for folder in sorted({one.input.name.parent for one in planned}):
        there = request.output / folder
        require_apart(there, given, output_is="--output", given_is="--input")
        require_folder(there, output_is="--output")
    names = [
        name.with_name(name.name + end)
        for one in planned
        for name in one.names(request.samples)
        for end in ends
    ]
    require_free(
        request.output, names, overwrite=request.overwrite, output_is="--output"
    )
