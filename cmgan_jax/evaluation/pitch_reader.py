"""The notes that targets show, as regression on real training targets reads them."""

import jax
import numpy as np
from jaxtyping import Float32, Int, UInt8

from cmgan_jax.data.items import Items
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.nets import note_reader

LEARNT_FROM = 300  # training items of every class
_EDGES = 2048  # that are looked at
_SIDES = (0, -1, 1)  # pixels that known items are moved by

_learn = jax.jit(note_reader.learn, static_argnames=("edges", "sides"))
_votes = jax.jit(note_reader.votes)


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
            reader = _learn(trained.array[rows], pitch, edges=_EDGES, sides=_SIDES)
            votes = np.asarray(_votes(reader, items[label == one]))
            notes[label == one] = note_reader.LOWEST_NOTE + votes.argmax(1)
    return notes
