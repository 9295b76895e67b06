"""A film whose sound or pictures are missing in stretches, filled from the other one.

Only the stretches, their fades and what must be encoded with them is new; all other
packets are copied.
"""

import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from cmgan_jax.generation.filling import picture_filler, sound_filler
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.media.reencoding import Span, replace_pictures, replace_sound
from cmgan_jax.media.splicing import CONTAINERS, copy_replacing
from cmgan_jax.media.survey import Bad, survey_pictures, survey_sound
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.direction import I2S, S2I


@dataclasses.dataclass(frozen=True)
class Search:
    """Which stretches are bad.

    Attributes:
      sound: stretches of sound that are known to be, in order and apart.
      pictures: the same of pictures.
      find: of survey.REASONS, what to look for besides.
      shortest: of what is found, in seconds.
    """

    sound: tuple[Span, ...] = ()
    pictures: tuple[Span, ...] = ()
    find: Collection[str] = ("silence", "black")
    shortest: float = 0.5


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A bad stretch, and what became of it.

    Attributes:
      modality: "sound" or "image", what was missing.
      start: in seconds of the film's clock.
      end: in seconds.
      reason: why it is bad, see survey.Bad.
      filled_from: the modality it was filled from; empty where it was left as it is.
      note: why it was left.
    """

    modality: str
    start: float
    end: float
    reason: str
    filled_from: str = ""
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Restored:
    """What `restore` did.

    Attributes:
      stretches: of sound and then of pictures, in order of time.
      new_sound: packets of sound that are new; all others are the film's.
      new_pictures: packets of pictures that are new.
    """

    stretches: tuple[Stretch, ...]
    new_sound: int
    new_pictures: int


def restore(
    film: Path,
    output: Path,
    models: Sequence[Model],
    *,
    search: Search,
    settings: PieceSettings,
    replace: bool = False,
    told: Callable[[str], None] = lambda stage: None,
) -> Restored:
    """Writes a film with its bad stretches filled.

    Args:
      film: MP4, MOV or MKV with H.264 or AAC where it is bad.
      output: the film to be written, of the same suffix.
      models: systems of one direction each; what has no system stays as it is.
      search: which stretches are bad.
      settings: how fills are made of windows.
      replace: whether a file of the output's name may be replaced.
      told: is told what is being done.

    Raises:
      MediaError: the film is unreadable, or of kinds that cannot be replaced in part.
      ValueError: a suffix that is not known, or a stretch behind the film's end.
      FileExistsError: the output is there and may not be replaced.
    """
    container = CONTAINERS.get(film.suffix.lower())
    if container is None or output.suffix.lower() != film.suffix.lower():
        raise ValueError(
            f"{film.name} to {output.name}: both have to end alike, in one of "
            f"{', '.join(CONTAINERS)}."
        )
    ways = {model.direction: model for model in models}
    told("looking for bad stretches")
    silences, loudness = survey_sound(
        film, search.sound, find=search.find, shortest=search.shortest
    )
    blanks = survey_pictures(
        film, search.pictures, find=search.find, shortest=search.shortest
    )
    sound, pictures, stretches = {}, {}, []
    todo = _fillable("sound", silences, blanks, I2S in ways, stretches)
    if todo:
        told(f"filling {len(todo)} stretches of sound")
        spans, heard = sound_filler(ways[I2S], film, todo, loudness, settings)
        sound = replace_sound(film, spans, heard)
    todo = _fillable("image", blanks, silences, S2I in ways, stretches)
    if todo:
        told(f"filling {len(todo)} stretches of pictures")
        spans, seen = picture_filler(ways[S2I], film, todo, settings)
        pictures = replace_pictures(film, spans, seen)
    told("copying the rest")
    with whole_file(output, replace=replace) as partial:
        copy_replacing(
            film, partial, pictures=pictures, sound=sound, container=container
        )
    return Restored(tuple(stretches), len(sound), len(pictures))


def _fillable(
    modality: str,
    bad: Sequence[Bad],
    other: Sequence[Bad],
    has_model: bool,
    stretches: list[Stretch],
) -> list[Bad]:
    """Those that can be filled; all are added to the stretches."""
    source = "image" if modality == "sound" else "sound"
    todo = []
    for one in bad:
        note = ""
        if not has_model:
            note = f"no system that turns {source}s into {modality}s was given"
        elif any(b.start <= one.start and b.end >= one.end for b in other):
            note = f"the {source} is missing there as well"
        else:
            todo.append(one)
        stretches.append(
            Stretch(
                modality,
                round(one.start, 3),
                round(one.end, 3),
                one.reason,
                filled_from="" if note else source,
                note=note,
            )
        )
    return todo
