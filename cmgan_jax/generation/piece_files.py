"""Whole recordings and films to files, one after the other."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from cmgan_jax.data.integrity import file_digest
from cmgan_jax.generation.film_of_recording import film_of_recording
from cmgan_jax.generation.request import Request
from cmgan_jax.generation.results import Planned
from cmgan_jax.generation.soundtrack import soundtrack_of_film
from cmgan_jax.media.reels import frames_in
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.kept import kept_in
from cmgan_jax.runtime.names import shown
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.runtime.version import VERSION


def piece_suffixes(modality: str) -> tuple[str, ...]:
    """What the names of the files of one generated piece end with."""
    return (".wav", ".mp4") if modality == "sound" else (".mp4", ".png")


def write_pieces(
    model: Model, planned: Sequence[Planned], request: Request, *, written: int
) -> None:
    """Generates and writes the pieces of all inputs.

    What is computed is kept in the output folder until all of them are whole, so that
    the same request goes on where it was stopped, in whatever way.

    Args:
      model: a trained system of one direction.
      planned: the inputs.
      request: how to generate, and the folder for the results.
      written: results of other inputs that are in the folder already.

    Raises:
      KeyboardInterrupt: stopped; says how far it came.
      ValueError: another process makes one of the pieces there.
    """
    todo = [(one, sample) for one in planned for sample in range(request.samples)]
    seconds = sum(one.content.seconds for one, _ in todo)
    progress = Progress("generate", round(seconds), unit="s")
    before, made, begun = 0.0, 0, []
    try:
        for one, sample in todo:

            def told(done: float, one=one, before=before) -> None:
                progress.update(round(before + done), shown(one.input.name))

            begun.append(request.output / f".{_key(model, one, sample, request)}.begun")
            with kept_in(begun[-1]) as keep:
                _write_piece(model, one, sample, request, told=told, keep=keep)
            before, made = before + one.content.seconds, made + 1
    except KeyboardInterrupt as stopped:
        there = made or written
        again = " with --overwrite" if there and not request.overwrite else ""
        raise type(stopped)(
            f"stopped with {made} of {len(todo)} films in {shown(request.output)}; "
            "the one that was begun is not there. Give the same command "
            f"again{again} to go on: what was computed is kept beside them until then."
        ) from None
    for file in begun:
        file.unlink(missing_ok=True)


def _key(model: Model, one: Planned, sample: int, request: Request) -> str:
    """A name for all that a piece depends on."""
    path = one.input.path
    files = frames_in(path) if path.is_dir() else [path]
    depends = (
        (VERSION, jax.__version__, jax.default_backend()),
        (model.digest, model.direction.name, model.record.representation),
        (request.piece(sample), request.frames_per_second),
        [file_digest(file) for file in files],
    )
    return hashlib.sha256(repr(depends).encode()).hexdigest()[:32]


def _write_piece(
    model: Model,
    one: Planned,
    sample: int,
    request: Request,
    **more: Any,
) -> None:
    make_piece(
        model,
        one.input.path,
        request.output / one.name(0, sample, request.samples),
        settings=request.piece(sample),
        frames_per_second=request.frames_per_second,
        replace=request.overwrite,
        **more,
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
