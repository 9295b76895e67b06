"""Reads the note that is played off pictures and spectrograms; no network.

Kernel ridge regression on edges that matter: rooms, clothes, instruments, microphones
differ from song to song, so edges are weighted by how much of their variance the
pitch explains. Learnt anew in seconds from training items of a class.
"""

import numpy as np
import scipy.linalg
from jaxtyping import Float, Float32, Int, UInt8

from cmgan_jax.data.items import Items
from cmgan_jax.data.rows_by_label import spread_by_label

LEARNT_FROM = 300  # training items of every class
_COLUMNS = 2048  # edges that are kept


def read_pitch(
    items: UInt8[np.ndarray, "n h w c"], label: Int[np.ndarray, " n"], *, trained: Items
) -> Float32[np.ndarray, " n"]:
    """The note that every item shows, as MIDI number.

    Args:
      items: pictures or spectrograms.
      label: class of every item.
      trained: what real items of the modality look like at which pitch.

    Returns:
      NaN where fewer than two notes of the class are known.
    """
    notes = np.full(len(items), np.nan, np.float32)
    pitched = np.flatnonzero(~np.isnan(trained.pitch))
    known = pitched[spread_by_label(trained.label[pitched], LEARNT_FROM)]
    for one in np.unique(label):
        rows = known[trained.label[known] == one]
        pitch = np.asarray(trained.pitch[rows])
        if len(np.unique(pitch)) > 1:
            reader = PitchReader(trained.array[rows], pitch)
            notes[label == one] = reader.read(items[label == one])
    return notes


def edges(
    items: UInt8[np.ndarray, "n h w c"], shift: tuple[int, int] = (0, 0)
) -> Float32[np.ndarray, "n f"]:
    """Edges of four directions in cells of 2 x 2 pixels, flat; colours evened out."""
    x = np.roll(items.astype(np.float32) / 255, shift, axis=(1, 2))
    x = x / (x.mean(axis=(1, 2), keepdims=True) + 0.1)
    right = np.pad(np.diff(x, axis=2), [(0, 0), (0, 0), (1, 0), (0, 0)])
    down = np.pad(np.diff(x, axis=1), [(0, 0), (1, 0), (0, 0), (0, 0)])
    each = np.concatenate([right, -right, down, -down], axis=-1)
    n, h, w, c = each.shape
    root = np.sqrt(np.clip(each, 0, 1)).reshape(n, h // 2, 2, w // 2, 2, c)
    return root.mean((2, 4)).reshape(n, -1)


def relevance(
    x: Float[np.ndarray, "n f"], pitch: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " f"]:
    """Share of each column's variance that the pitch explains beyond chance."""
    mean = x.mean(0)
    total = ((x - mean) ** 2).sum(0)
    total += 1e-3 * total.mean()
    notes = np.unique(pitch)
    between = sum(
        (pitch == note).sum() * (x[pitch == note].mean(0) - mean) ** 2 for note in notes
    )
    chance = (len(notes) - 1) / (len(x) - 1)
    return np.maximum(0.0, (between / total - chance) / (1 - chance))


class PitchReader:
    """Reads one instrument's pitches: kernel ridge regression, a vote per semitone."""

    def __init__(
        self, items: UInt8[np.ndarray, "n h w c"], pitch: Float[np.ndarray, " n"]
    ):
        """Learns from items of one class, two pitches at least."""
        plain = edges(items)
        weight = relevance(plain, pitch)
        self._kept = np.argsort(weight)[-_COLUMNS:]
        self._weight = weight[self._kept] / weight.mean()
        moved = [edges(items, (0, side)) for side in (-1, 1)]
        self._known = np.concatenate([self._weighted(x) for x in (plain, *moved)])
        self._notes = np.unique(pitch)
        away = np.tile(pitch, 3)[:, None] - self._notes[None]
        votes = np.exp(-0.5 * (away / 0.8) ** 2)
        self._mean = votes.mean(0)
        squares = self._squares(self._known)
        self._width = np.median(squares)
        kernel = np.exp(-squares / self._width)
        kernel[np.diag_indices(len(kernel))] += 0.01
        self._solved = scipy.linalg.solve(kernel, votes - self._mean, assume_a="pos")

    def read(self, items: UInt8[np.ndarray, "n h w c"]) -> Float[np.ndarray, " n"]:
        """MIDI numbers."""
        squares = self._squares(self._weighted(edges(items)))
        votes = np.exp(-squares / self._width) @ self._solved + self._mean
        return self._notes[votes.argmax(1)]

    def _weighted(self, x):
        return x[:, self._kept] * self._weight

    def _squares(self, x):
        known = self._known
        norms = (x**2).sum(1)[:, None] + (known**2).sum(1)
        return norms - 2 * (x @ known.T)
