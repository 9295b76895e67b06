"""Reading notes by regression on edges: what is left out, and what cannot be read.

That notes of real pictures are read is tested in evaluation/test_pitch_reader.py.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from cmgan_jax.nets import note_reader
from cmgan_jax.nets.note_reader import LOWEST_NOTE, note_votes, relevance


@functools.partial(jax.jit, static_argnames=("columns", "sides", "axes"))
def learn(items, pitch, *, columns, sides=(0,), axes=0):
    seen = [note_reader.all_edges(items, side) for side in sides]
    return note_reader.learn(seen, pitch, columns=columns, axes=axes, few=5)


@jax.jit
def votes(reader, items):
    return note_reader.votes(reader, note_reader.all_edges(items))


def bars(notes, seed=0):
    """Pictures [n 16 16 3] of a bar that is higher for every note from 60 on."""
    rng = np.random.default_rng(seed)
    items = rng.integers(60, 100, (len(notes), 16, 16, 3)).astype(np.uint8)
    for item, note in zip(items, notes, strict=True):
        item[2 + 2 * int(note - 60), 4:12] = 230
    return items


def test_votes_are_greatest_at_the_note_and_fall_to_both_sides():
    own, unknown, between = np.asarray(note_votes(jnp.array([60.0, np.nan, 60.5])))
    at = 60 - LOWEST_NOTE
    assert own.argmax() == at and own[at] == 1
    assert own[at - 1] == own[at + 1] < 0.5
    assert not unknown.any()
    assert between[at] == between[at + 1] < 1


def test_items_of_no_known_note_change_nothing():
    """Were they kept as items of some note, or merely as items, votes would differ."""
    notes = 60.0 + np.arange(20) % 5
    junk = np.random.default_rng(1).integers(0, 256, (7, 16, 16, 3)).astype(np.uint8)
    items = np.concatenate([junk[:3], bars(notes), junk[3:]])
    pitch = np.concatenate([np.full(3, np.nan), notes, np.full(4, np.nan)])
    asked = bars(60.0 + np.arange(5), seed=2)
    few, all_of_them = (
        votes(learn(one, pitches, columns=100), asked)
        for one, pitches in ((bars(notes), notes), (items, pitch))
    )
    np.testing.assert_allclose(all_of_them, few, atol=1e-3)
    assert few.argmax(1).tolist() == [60 - LOWEST_NOTE + i for i in range(5)]


def rooms_and_notes(notes, seed):
    """What is seen [n 32] of notes in rooms, in which items lie further apart."""
    draw = np.random.default_rng(seed)
    rooms = 1.6 * scipy.linalg.hadamard(32)[1:4]  # at right angles to notes
    x = draw.normal(size=(len(notes), 3)) @ rooms + notes[:, None] - 62.0
    x += 20 * rooms[0]  # where all are says nothing
    return (x + draw.normal(scale=0.2, size=x.shape)).astype(np.float32)


def test_axes_are_those_along_which_votes_change():
    """The mistakes: axes on which items lie apart, or of items of no known note."""
    notes = 60.0 + np.arange(500) % 5
    pitch = np.concatenate([np.full(9, np.nan), notes])
    junk = np.random.default_rng(1).normal(scale=1e4, size=(9, 32)).astype(np.float32)
    known = np.concatenate([junk, rooms_and_notes(notes, 0)])
    learn = functools.partial(note_reader.learn, columns=32, axes=2, few=100)
    reader = jax.jit(learn)([known], pitch)
    assert reader["items"].shape == (100, 2) and reader["axes"].shape == (32, 2)
    asked = jnp.asarray(rooms_and_notes(notes[:200], 2))
    first = np.asarray(note_reader.places(reader, asked))[:, 0]
    assert abs(np.corrcoef(first, notes[:200])[0, 1]) > 0.9
    read = LOWEST_NOTE + np.asarray(note_reader.votes(reader, asked)).argmax(1)
    assert (read == notes[:200]).mean() > 0.95


def test_items_of_no_known_note_are_compared_with_nothing():
    """The mistakes: to choose them among the few; to learn that they lack nothing."""
    notes = 60.0 + np.arange(200) % 5
    known = rooms_and_notes(notes, 0)
    asked = jnp.asarray(rooms_and_notes(notes, 1))
    # They look as if they showed notes, and come first.
    both = np.concatenate([rooms_and_notes(notes, 2), known])
    pitch = np.concatenate([np.full(200, np.nan), notes])
    learn = functools.partial(note_reader.learn, columns=32, axes=2, few=50)
    alone, among = (
        note_reader.votes(jax.jit(learn)([items], pitches), asked)
        for items, pitches in ((known, notes), (both, pitch))
    )
    np.testing.assert_allclose(among, alone, atol=0.02)


def test_the_few_stand_for_all():
    """The mistake: to learn from them alone, as if there were no others."""
    notes = 60.0 + np.arange(400) % 5
    asked = jnp.asarray(rooms_and_notes(notes, 1))

    def share(count, few):
        learn = functools.partial(note_reader.learn, columns=32, axes=2, few=few)
        reader = jax.jit(learn)([rooms_and_notes(notes[:count], 0)], notes[:count])
        assert len(reader["items"]) == min(few, count)
        read = LOWEST_NOTE + np.asarray(note_reader.votes(reader, asked)).argmax(1)
        return (read == notes).mean()

    assert share(400, 12) > share(12, 500) + 0.1


@pytest.mark.parametrize("axes", [0, 8])
@pytest.mark.parametrize("pitch", [62.0, np.nan])
def test_one_note_or_none_gives_every_item_the_same_votes(pitch, axes):
    reader = learn(bars(np.full(6, 62.0)), np.full(6, pitch), columns=100, axes=axes)
    half = {name: x.astype(jnp.float16).astype(x.dtype) for name, x in reader.items()}
    for one in (reader, half):  # As it is in a file of half precision.
        seen = np.asarray(votes(one, bars(60.0 + np.arange(5))))
        assert np.isfinite(seen).all()
        expected = np.broadcast_to(seen[0], seen.shape)
        np.testing.assert_allclose(seen, expected, atol=1e-2)
        if pitch == pitch:
            assert seen[0].argmax() == 62 - LOWEST_NOTE


def test_a_column_that_is_the_note_tells_all_and_noise_nothing():
    rng = np.random.default_rng(0)
    notes = 60.0 + rng.integers(0, 4, 400)
    columns = np.stack([notes, rng.normal(size=400)], 1)
    told, noise = np.asarray(relevance(jnp.asarray(columns), jnp.asarray(notes)))
    assert told > 0.99 and noise < 0.05


def test_known_items_that_are_moved_are_found_again():
    notes = 60.0 + np.arange(20) % 5
    items = np.swapaxes(bars(notes), 1, 2)  # the note is how far to the right
    asked = np.roll(items[:5], 1, axis=2)
    plain = learn(items, notes, columns=100)
    moved = learn(items, notes, columns=100, sides=(0, 1))
    sure = [
        np.asarray(votes(reader, asked))[
            np.arange(5), (notes[:5] - LOWEST_NOTE).astype(int)
        ]
        for reader in (plain, moved)
    ]
    assert (sure[1] > 0.8).all() and sure[1].mean() > sure[0].mean()
