"""The notes that targets show, as regression on real targets reads them.

What it learns from are the rows that judges learn from, which no system ever meets: a
system may have readers of its own, from training rows, that its targets are to please.
"""

import functools
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Array, Float32, Int, UInt8

from cmgan_jax.data.items import Items
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.nets import note_reader

LEARNT_FROM = 300  # items of every class
_COLUMNS = 2048  # of what is seen that are looked at
_SIDES = (0, -1, 1)  # pixels that known items are moved by

# Items uint8 [n h w c], pixels to the right -> what is seen of them moved so, [n f].
Seen = Callable[[Array, int], Array]


@functools.partial(jax.jit, static_argnames="seen")
def _learn(items: UInt8[Array, "n h w c"], pitch: Float32[Array, " n"], *, seen: Seen):
    known = [seen(items, side) for side in _SIDES]
    return note_reader.learn(known, pitch, columns=_COLUMNS)


@functools.partial(jax.jit, static_argnames="seen")
def _votes(reader: note_reader.Reader, items: UInt8[Array, "n h w c"], *, seen: Seen):
    return note_reader.votes(reader, seen(items, 0))


def read_pitch(
    items: UInt8[np.ndarray, "n h w c"],
    label: Int[np.ndarray, " n"],
    *,
    known: Items,
    seen: Seen = note_reader.all_edges,
) -> Float32[np.ndarray, " n"]:
    """The note that every item shows, as MIDI number.

    Args:
      items: pictures or spectrograms.
      label: class of every item.
      known: what real items of the modality look like at which pitch.
      seen: what is looked at.

    Returns:
      NaN where fewer than two notes of the class are known.
    """
    notes = np.full(len(items), np.nan, np.float32)
    for one in np.unique(label):
        reader = _reader(known, int(one), seen)
        if reader is not None:
            votes = np.asarray(_votes(reader, items[label == one], seen=seen))
            notes[label == one] = note_reader.LOWEST_NOTE + votes.argmax(1)
    return notes


# The same for every split and every system: those of 13 classes of both modalities
# stay, 7 MB each at 64 pixels.
@functools.lru_cache(maxsize=32)
def _reader(known: Items, one: int, seen: Seen) -> note_reader.Reader | None:
    """What reads the notes of a class; None where fewer than two are known."""
    rows = np.flatnonzero(~np.isnan(known.pitch) & (known.label == one))
    rows = rows[spread_by_label(known.label[rows], LEARNT_FROM)]
    pitch = np.asarray(known.pitch[rows])
    if len(np.unique(pitch)) < 2:
        return None
    return _learn(known.array[rows], pitch, seen=seen)
