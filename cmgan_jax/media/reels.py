"""Pictures in time, from a film or a folder of frames, and where scenes change."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import open_film
from cmgan_jax.media.pictures import decode_frame, squeeze
from cmgan_jax.runtime.names import is_left_behind, shown

# Grey levels between two pictures of 8 x 8 pixels, on the mean. A moving camera stays
# under it from frame to frame; two rooms of one house are above it.
CUT_LEVELS = 20.0
_COARSE = 8
_ROUNDING = 1e-6


@runtime_checkable
class Reel(Protocol):
    """Pictures in time."""

    def at(self, seconds: float) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture shown at a moment, None after the end; moments do not go back."""


class Frames:
    """A folder of frames, shown one after the other as a film."""

    def __init__(self, paths: Sequence[Path], frames_per_second: float):
        self._paths, self._rate = paths, frames_per_second
        self._number, self._pixels = -1, None

    def at(self, seconds: float) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture shown at a moment; None after the last.

        Raises:
          MediaError: as `decode_frame`.
        """
        number = int(seconds * self._rate + _ROUNDING)
        if number >= len(self._paths):
            return None
        if number != self._number:
            self._number, self._pixels = number, decode_frame(self._paths[number])
        return self._pixels


@contextmanager
def open_reel(path: Path, frames_per_second: float | None = None) -> Iterator[Reel]:
    """Opens a film, or a folder whose files, sorted by name, are its frames.

    Args:
      path: the film or folder.
      frames_per_second: of a folder.

    Raises:
      MediaError: as `open_film`; zero_length, a folder without files.
      ValueError: a folder, and no frames_per_second.
    """
    if not path.is_dir():
        with open_film(path) as film:
            yield film
        return
    if not frames_per_second:
        raise ValueError(
            f"{shown(path)} is a folder: say how many of its pictures are shown in a "
            "second, such as --frames_per_second=25, or 0.2 for a slide show."
        )
    files = frames_in(path)
    if not files:
        raise MediaError(path, "zero_length", "the folder holds no frames.")
    yield Frames(files, frames_per_second)


def frames_in(folder: Path) -> list[Path]:
    """The files of a folder that are its frames, in order."""
    names = sorted(name for name in os.listdir(folder) if not is_left_behind(name))
    return [folder / name for name in names if (folder / name).is_file()]


class SceneWatch:
    """Tells where a scene ends and another begins, picture by picture."""

    def __init__(self):
        self._coarse: np.ndarray | None = None

    def is_cut(self, picture: UInt8[np.ndarray, "h w 3"]) -> bool:
        """Whether a picture shows another scene than the one before; not the first."""
        coarse = squeeze(picture, _COARSE).astype(np.float32)
        before, self._coarse = self._coarse, coarse
        if before is None:
            return False
        return float(np.abs(coarse - before).mean()) > CUT_LEVELS
