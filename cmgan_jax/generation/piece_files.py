"""Whole recordings and films to files, one after the other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cmgan_jax.generation.film_of_recording import film_of_recording
from cmgan_jax.generation.request import Request
from cmgan_jax.generation.results import Planned
from cmgan_jax.generation.soundtrack import soundtrack_of_film
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.names import shown
from cmgan_jax.runtime.progress import Progress


def piece_suffixes(modality: str) -> tuple[str, ...]:
    """What the names of the files of one generated piece end with."""
    return (".wav", ".mp4") if modality == "sound" else (".mp4", ".png")


def write_pieces(model: Model, planned: Sequence[Planned], request: Request) -> None:
    """Generates and writes the pieces of all inputs.

    Raises:
      KeyboardInterrupt: stopped; says how far it came.
    """
    todo = [(one, sample) for one in planned for sample in range(request.samples)]
    seconds = sum(one.content.seconds for one, _ in todo)
    progress = Progress("generate", round(seconds), unit="s")
    before, made = 0.0, 0
    try:
        for one, sample in todo:

            def told(done: float, one=one, before=before) -> None:
                progress.update(round(before + done), shown(one.input.name))

            _write_piece(model, one, sample, request, told)
            before, made = before + one.content.seconds, made + 1
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"stopped with {made} of {len(todo)} films in {shown(request.output)}; "
            "the one that was begun is not there. Give the same command with "
            "--overwrite to make all of them."
        ) from None


def _write_piece(
    model: Model,
    one: Planned,
    sample: int,
    request: Request,
    told: Callable[[float], None],
) -> None:
    make_piece(
        model,
        one.input.path,
        request.output / one.name(0, sample, request.samples),
        settings=request.piece(sample),
        frames_per_second=request.frames_per_second,
        replace=request.overwrite,
        told=told,
    )


def make_piece(
    model: Model,
    given: Path,
    stem: Path,
    *,
    frames_per_second: float | None = None,
    **more: Any,
) -> tuple[Path, ...]:
    """Makes one piece: of a recording a film, of pictures a soundtrack.

    Args:
      model: of one direction.
      given: a recording, a film, or a folder of frames.
      stem: path of the results, less what `piece_suffixes` lists.
      frames_per_second: of a folder of frames.
      **more: as `film_of_recording` and `soundtrack_of_film` have in common.

    Returns:
      The files written.

    Raises:
      MediaError, ValueError, FileExistsError: as these two.
    """
    target = model.direction.target
    files = tuple(stem.with_name(stem.name + end) for end in piece_suffixes(target))
    if target == "image":
        film, sheet = files
        film_of_recording(model, given, film, sheet=sheet, **more)
    else:
        wav, film = files
        more["frames_per_second"] = frames_per_second
        soundtrack_of_film(model, given, wav, film=film, **more)
    return files
