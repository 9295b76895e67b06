"""What somebody gave, as moments that a model can be given: found out by content."""

import dataclasses
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cmgan_jax.generation.media_in import Source, is_picture, read_sources
from cmgan_jax.media.errors import MediaError
from cmgan_jax.runtime.names import counted
from cmgan_jax.serving.refusal import Refused
from cmgan_jax.serving.ways import Way

MOST_SHOWN = 12
MOST_HEARD = 1200  # ten minutes of half seconds


@dataclasses.dataclass(frozen=True)
class Moments:
    """Sources of one file.

    Attributes:
      way: that takes them.
      shown: evenly spread ones, in order of time.
      told: how many there are of a sound, for people; empty of a picture.
    """

    way: Way
    shown: tuple[Source, ...]
    told: str


def read_moments(file: Path, ways: Mapping[str, Way]) -> Moments:
    """The moments of a picture (one) or of a sound (every half second of it).

    Args:
      file: of any name and type.
      ways: by the modality that they take.

    Raises:
      Refused: 415, it is neither, or no use; 409, nothing here takes its modality.
    """
    modality = "image" if is_picture(file) else "sound"
    if modality not in ways:
        raise Refused(409, _not_taken(modality, ways))
    way = ways[modality]
    try:
        sources = read_sources(
            file, way.model.record.representation, direction=way.direction
        )
        found = list(itertools.islice(sources, MOST_HEARD))
    except MediaError as error:
        raise Refused(415, f"The file {error.reason}") from error
    count = min(len(found), MOST_SHOWN)
    rows = np.unique(np.linspace(0, len(found) - 1, count).astype(int))
    told = _told(len(found), len(rows)) if modality == "sound" else ""
    return Moments(way, tuple(found[row] for row in rows), told)


def _not_taken(modality: str, ways: Mapping[str, Way]) -> str:
    taken = " or ".join(ways)
    name = "s2i" if modality == "sound" else "i2s"
    return (
        f"The file is of the modality {modality}, and the model here takes {taken} "
        f"only. Start serve with a --workdir trained with :{name} as well."
    )


def _told(found: int, shown: int) -> str:
    told = f"{counted(found, 'moment')} of half a second"
    if found == MOST_HEARD:
        told += ", all within the first ten minutes"
    return told if shown == found else f"{told}; {shown} of them shown"
