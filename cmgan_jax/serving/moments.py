"""What somebody gave, as moments that a model can be given: found out by content."""

import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.generation.media_in import Source, is_picture, read_sources
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import is_film, open_film
from cmgan_jax.media.pictures import crop_and_resize
from cmgan_jax.runtime.names import counted
from cmgan_jax.serving.refusal import Refused
from cmgan_jax.serving.ways import Way

MOST_SHOWN = 12
MOST_HEARD = 1200  # ten minutes, one every half second


# A film whose sound is no use has pictures still.
_SOUNDLESS = ("not_audio", "silence", "shorter_than_window", "zero_length")


@dataclasses.dataclass(frozen=True)
class Moments:
    """Sources of one file.

    Attributes:
      way: that takes them.
      shown: evenly spread ones, in order of time.
      told: how many there are of a sound, for people; empty of a picture.
      wholes: the directions that all of the file can go as one piece.
    """

    way: Way
    shown: tuple[Source, ...]
    told: str
    wholes: tuple[str, ...] = ()


def read_moments(file: Path, ways: Mapping[str, Way]) -> Moments:
    """The moments of a picture (one) or of a sound (one every half second).

    Of a film they are its sound's; its first picture where that is no use.

    Args:
      file: of any name and type.
      ways: by the modality that they take.

    Raises:
      Refused: 415, it is neither, or no use; 409, nothing here takes its modality.
    """
    try:
        if is_picture(file):
            return _of_picture(file, ways)
        picture = _first_picture(file) if "image" in ways else None
        if picture is None:
            return _of_sound(file, ways)
        return _of_film(file, picture, ways)
    except MediaError as error:
        raise Refused(415, f"The file {error.reason}") from error


def _of_picture(file: Path, ways: Mapping[str, Way]) -> Moments:
    way = _way("image", ways)
    representation = way.model.record.representation
    return Moments(
        way, tuple(read_sources(file, representation, direction=way.direction)), ""
    )


def _of_sound(file: Path, ways: Mapping[str, Way]) -> Moments:
    way = _way("sound", ways)
    representation = way.model.record.representation
    sources = read_sources(file, representation, direction=way.direction)
    found = list(itertools.islice(sources, MOST_HEARD))
    count = min(len(found), MOST_SHOWN)
    rows = np.unique(np.linspace(0, len(found) - 1, count).astype(int))
    # One moment is a picture, not a film.
    is_long = way.takes_wholes and found[-1].start_ms > 0
    return Moments(
        way,
        tuple(found[row] for row in rows),
        _told(len(found), len(rows), representation.window_seconds),
        (way.direction.name,) if is_long else (),
    )


def _of_film(
    file: Path, picture: UInt8[np.ndarray, "h w 3"], ways: Mapping[str, Way]
) -> Moments:
    way = ways["image"]
    wholes = (way.direction.name,) if way.takes_wholes else ()
    if "sound" in ways:
        try:
            moments = _of_sound(file, ways)
            return dataclasses.replace(moments, wholes=moments.wholes + wholes)
        except MediaError as error:
            if error.kind not in _SOUNDLESS:
                raise
    pixels = crop_and_resize(picture, way.model.record.representation)
    return Moments(way, (Source(pixels),), "the first picture of the film", wholes)


def _first_picture(file: Path) -> UInt8[np.ndarray, "h w 3"] | None:
    """Of a film; None of what is none, shows nothing or cannot be read."""
    if not is_film(file):
        return None
    try:
        with open_film(file) as film:
            return film.at(0.0)
    except MediaError:
        return None


def _way(modality: str, ways: Mapping[str, Way]) -> Way:
    if modality not in ways:
        raise Refused(409, _not_taken(modality, ways))
    return ways[modality]


def _not_taken(modality: str, ways: Mapping[str, Way]) -> str:
    taken = " or ".join(ways)
    name = "s2i" if modality == "sound" else "i2s"
    return (
        f"The file is of the modality {modality}, and the model here takes {taken} "
        f"only. Start serve with a --workdir trained with :{name} as well."
    )


def _told(found: int, shown: int, seconds: float) -> str:
    told = f"{counted(found, 'moment')} of {seconds:g} s"
    if found == MOST_HEARD:
        told += ", all within the first ten minutes"
    return told if shown == found else f"{told}; {shown} of them shown"
