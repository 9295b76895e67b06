"""The training item of the same class that an item is nearest to.

A generator that has learnt its training items by heart makes targets that are nearer to
them than other real items are.
"""

import numpy as np
from jaxtyping import Float32, Int, Int64, UInt8

from cmgan_jax.data.shards import ShardedArray

ROWS = 2048  # of the training items that are held as float32 at a time


def nearest_of_class(
    items: UInt8[np.ndarray, "n h w c"],
    label: Int[np.ndarray, " n"],
    *,
    among: UInt8[np.ndarray | ShardedArray, "m h w c"],
    among_label: Int[np.ndarray, " m"],
) -> tuple[Int64[np.ndarray, " n"], Float32[np.ndarray, " n"]]:
    """The nearest row among others of the same class, and how far it is.

    Found by |a|**2 + |b|**2 - 2 ab in float32, which ranks distances that differ by a
    hundredth of a grey level; the distance of the one found is then computed exactly.

    Args:
      items: pictures or spectrograms, [n h w c].
      label: of every item.
      among: rows to search, usually memory-mapped; read once.
      among_label: of every row to search.

    Returns:
      Row numbers in `among`, and root mean square distances over all pixels and
      channels, in grey levels from 0 to 255; -1 and NaN where `among` has no row of
      the item's class.
    """
    row = np.full(len(items), -1)
    distance = np.full(len(items), np.nan, np.float32)
    for one in np.unique(label):
        own, candidates = (
            np.flatnonzero(label == one),
            np.flatnonzero(among_label == one),
        )
        if len(candidates):
            row[own] = candidates[_nearest(_flat(items[own]), among, candidates)]
            distance[own] = _distance(items[own], among, row[own])
    return row, distance


def _nearest(
    flat: Float32[np.ndarray, "n d"],
    among: np.ndarray | ShardedArray,
    candidates: np.ndarray,
) -> Int64[np.ndarray, " n"]:
    """Position in `candidates` of each row's nearest."""
    best = np.full(len(flat), np.inf, np.float32)
    where = np.zeros(len(flat), np.int64)
    for start in range(0, len(candidates), ROWS):
        part = _flat(among[candidates[start : start + ROWS]])
        # |a|**2 is the same for all candidates of a.
        squared = np.einsum("md,md->m", part, part)[None] - 2.0 * (flat @ part.T)
        found = np.argmin(squared, axis=1)
        least = squared[np.arange(len(flat)), found]
        better = least < best
        best[better], where[better] = least[better], start + found[better]
    return where


def _flat(items: np.ndarray) -> Float32[np.ndarray, "n d"]:
    """Rows of pixels about zero, where float32 is finest."""
    return items.reshape(len(items), -1).astype(np.float32) - 127.5


def _distance(items, among, rows) -> Float32[np.ndarray, " n"]:
    pairs = zip(items, rows, strict=True)
    squares = [
        np.mean((_flat(a[None]) - _flat(among[row][None])) ** 2) for a, row in pairs
    ]
    return np.sqrt(np.array(squares, np.float32))
