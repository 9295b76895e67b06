"""Whole recordings and films to files, one after the other."""

from collections.abc import Callable, Sequence

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
    stem = request.output / one.name(0, sample, request.samples)
    first, second = (
        stem.with_name(stem.name + end)
        for end in piece_suffixes(model.direction.target)
    )
    shared = {
        "settings": request.piece(sample),
        "replace": request.overwrite,
        "told": told,
    }
    if model.direction.target == "image":
        film_of_recording(model, one.input.path, first, sheet=second, **shared)
        return
    soundtrack_of_film(
        model,
        one.input.path,
        first,
        film=second,
        frames_per_second=request.frames_per_second,
        **shared,
    )
