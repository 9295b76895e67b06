"""Windows of a sound file, a block at a time, and which of them are silent."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int64

from cmgan_jax.media import files as media
from cmgan_jax.signals.representation import Representation

_MOST_WINDOWS = 256
Block = tuple[Int64[np.ndarray, " n"], Float[np.ndarray, "n w"]]


def windows_of(
    path: Path, representation: Representation, hop_seconds: float
) -> Iterator[Block]:
    """Every complete window of a sound file, silent ones too, a block at a time.

    Args:
      path: the file.
      representation: gives rate and length of a window.
      hop_seconds: time between the starts of neighbouring windows, in seconds.

    Yields:
      Starts in ms, int64 [n], and windows in [-1, 1], [n w], n > 0.

    Raises:
      MediaError: the file is no sound, or damaged, or too short.
    """
    waveform = media.decode_sound(path, representation.sample_rate)
    windows = media.cut_windows(waveform, representation, hop_seconds, path=path)
    for first in range(0, len(windows), _MOST_WINDOWS):
        block = windows[first : first + _MOST_WINDOWS]
        numbers = np.arange(first, first + len(block))
        yield np.rint(1000 * hop_seconds * numbers).astype(np.int64), block


def sounding(windows: Float[np.ndarray, "n w"]) -> Bool[np.ndarray, " n"]:
    """Which windows are not silent, by the rule of `media.is_silent`."""
    return np.ptp(windows, axis=1) >= 2 * media.SILENCE_PEAK
