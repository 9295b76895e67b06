"""Overlapping windows of spectrograms to the one spectrogram of a piece.

Magnitudes are added where windows overlap, before anything is known of phase: waveforms
of neighbouring windows, each with a phase of its own, would cancel each other.
"""

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float32, UInt8

from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True)
class PlacedWindow:
    """The spectrogram of a window, and where it lies in a piece.

    Attributes:
      frame: of the piece, which its first frame is.
      sound: log-mel spectrogram, uint8 [m t 1]; None for a silent window.
      cut: whether a scene begins with it: what came before is not heard from here on.
    """

    frame: int
    sound: UInt8[np.ndarray, "m t 1"] | None
    cut: bool = False


def join_windows(
    windows: Iterable[PlacedWindow], representation: Representation
) -> Iterator[Float32[np.ndarray, "t m"]]:
    """The mel powers of a piece, frame after frame, from windows in order of time.

    A log-mel spectrogram does not say how loud its window was: all are taken to be
    equally loud, by their loudest frames. Where several lie over a frame, their
    magnitudes are averaged, those whose middle is near counting most.

    Args:
      windows: each begins no later than the one before it ends.
      representation: of the windows.

    Yields:
      Powers, float32 [t m], that add up to 1 in the loudest frame of a window; 0 in
      silence. The last block ends where the last window does.

    Raises:
      ValueError: windows are not in order, or leave a gap.
    """
    length, bands = representation.frames, representation.n_mels
    shares = _shares(length)
    sums, weights = np.zeros((length, bands)), np.zeros((length, 1))
    first = end = 0
    for window in windows:
        passed = window.frame - first
        if not 0 <= passed <= end - first:
            raise ValueError(
                f"a window begins at frame {window.frame}; expected {first} to {end}, "
                "where the windows before it begin and end."
            )
        if passed:
            yield _powers(sums[:passed], weights[:passed])
        sums, weights = (_moved(held, passed) for held in (sums, weights))
        if window.cut:
            sums[:], weights[:] = 0, 0
        weights += shares
        if window.sound is not None:
            sums += shares * _magnitudes(window.sound, representation.top_db)
        first, end = window.frame, window.frame + length
    if end:
        yield _powers(sums, weights)


def _shares(length: int) -> np.ndarray:
    """How much a window's frames count, least at its ends but never nothing, [t 1]."""
    return np.sin(np.pi * (np.arange(length) + 0.5) / length)[:, np.newaxis] ** 2


def _moved(held: np.ndarray, frames: int) -> np.ndarray:
    return np.concatenate([held[frames:], np.zeros((frames, held.shape[1]))])


def _magnitudes(sound: UInt8[np.ndarray, "m t 1"], top_db: float) -> np.ndarray:
    """[t m], the loudest frame's power being 1; 0 for what is too quiet to be said."""
    levels = sound[..., 0].T.astype(np.float64)
    decibels = (levels / 255 - 1) * top_db
    magnitudes = np.where(levels > 0, 10 ** (decibels / 20), 0.0)
    loudest = np.sqrt((magnitudes**2).sum(axis=1).max())
    return magnitudes / loudest if loudest else magnitudes


def _powers(sums: np.ndarray, weights: np.ndarray) -> Float32[np.ndarray, "t m"]:
    return ((sums / weights) ** 2).astype(np.float32)
