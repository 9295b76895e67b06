"""Files in, files out: sounds to pictures or films, pictures or films to sounds.

Every input is read twice: first to its end, so that whatever is wrong is known before
anything is written, then a batch at a time, so that an hour takes no more memory than a
second.
"""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cmgan_jax.generation.inputs import Input, list_inputs
from cmgan_jax.generation.media_in import Content, examine
from cmgan_jax.generation.media_out import suffixes, waveform_maker
from cmgan_jax.generation.piece_files import piece_suffixes, write_pieces
from cmgan_jax.generation.request import Request
from cmgan_jax.generation.results import Planned, plan_results
from cmgan_jax.generation.soundtrack import hop_frames
from cmgan_jax.generation.writing import write_results
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
      results: targets and pieces written; a sound's WAV and picture are one.
      sources: pictures, windows of sound, and whole recordings and films they are of.
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
    model: Model, given: Path, request: Request, *, on_bad: str = "fail"
) -> Generated:
    """Generates for every file of the input, once all of them are known to be good.

    Args:
      model: a trained system of one direction.
      given: a file of the source modality, or a folder of them and of such folders.
      request: how to generate, and the folder for the results, apart from the input;
        made if it is not there.
      on_bad: inputs that are no use: "fail" names all and writes nothing, "skip"
        leaves them out.

    Raises:
      FileNotFoundError: there is no such input.
      ValueError: inputs are no use, the output is not apart from them, files that are
        there would be replaced, or a piece is asked for that the model cannot make.
    """
    if on_bad not in ON_BAD:
        raise ValueError(f"on_bad={on_bad!r} is unknown; known: {ON_BAD}.")
    require_apart(request.output, given, output_is="--output", given_is="--input")
    require_folder(request.output, output_is="--output")
    if request.frames_per_second and given.is_dir():
        inputs, defects = [Input(given, Path(given.resolve().name))], []
    else:
        inputs, defects = list_inputs(given)
    read, unreadable = _examine_all(model, inputs, request)
    left_out = (*defects, *unreadable)
    _require_use(left_out, len(read), on_bad=on_bad)
    planned = plan_results(read, request.samples, _wholeness(model, request))
    waveforms = waveform_maker(model.record.representation)
    single = [one for one in planned if not one.whole]
    pieces = [one for one in planned if one.whole]
    target = model.direction.target
    if pieces and target == "sound" and waveforms is None:
        raise ValueError(
            f"{shown(pieces[0].input.name)} is a film, and the spectrograms that this "
            "system makes cannot be heard: train on --sound=log_mel data."
        )
    if pieces and target == "sound":
        hop_frames(request.piece(0).sound_hop, model.record.representation)
    _require_room(single, given, request, suffixes(target, waveforms))
    _require_room(pieces, given, request, piece_suffixes(target))
    sources = sum(one.sources for one in planned)
    held = f"{counted(len(planned), 'file')}, {counted(sources, 'source')} in all."
    print(held, file=sys.stderr)
    repeated = write_results(model, single, request, waveforms)
    write_pieces(model, pieces, request, written=len(single))
    return Generated(sources * request.samples, sources, repeated, planned, left_out)


def _wholeness(model: Model, request: Request) -> Callable[[Content], bool]:
    """Which inputs become one piece: films, and recordings as it is asked for."""
    if model.direction.source == "image":
        return lambda content: content.seconds > 0
    shortest = 2 * model.record.representation.window_seconds
    if request.whole is None:
        return lambda content: content.seconds >= shortest
    return lambda content: bool(request.whole) and content.seconds > 0


def _examine_all(
    model: Model, inputs: Sequence[Input], request: Request
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
                hop_seconds=request.window_hop,
                frames_per_second=request.frames_per_second,
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
