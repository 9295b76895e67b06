"""Notes are read off real pictures and sounds of people and songs never seen."""

import numpy as np
import pytest

from cmgan_jax.data.items import make_items
from cmgan_jax.evaluation import pitch_reader
from cmgan_jax.evaluation.pitch_reader import read_pitch

LOWEST, NOTES = 60, 8


def shown(n, *, seed, label=0):
    """Pictures of a bar whose height is the note, before another wall each time."""
    rng = np.random.default_rng(seed)
    note = rng.integers(0, NOTES, n)
    array = rng.integers(60, 120, (n, 1, 1, 3)) + rng.normal(0, 4, (n, 32, 32, 3))
    for i, height in enumerate(note):
        row = 4 + 3 * height if label == 0 else 28 - 3 * height
        array[i, row : row + 2, 8:24] = 230
    return make_items(
        np.clip(array, 0, 255).astype(np.uint8),
        label=label,
        pitch=1.0 * (LOWEST + note),
        stem=[f"{seed}_{i}" for i in range(n)],
    )


def both(n, *, seed):
    """Of two classes, in which the bar moves up and down with the note."""
    one, other = shown(n, seed=seed), shown(n, seed=seed + 1, label=1)
    columns = {
        name: np.concatenate([one.columns()[name], other.columns()[name]])
        for name in one.columns()
    }
    return make_items(np.concatenate([one.array, other.array]), **columns)


@pytest.fixture(scope="module")
def trained():
    return both(120, seed=0)


def test_notes_of_each_class_are_read_as_that_class_shows_them(trained):
    asked = both(40, seed=10)
    read = read_pitch(asked.array, asked.label, known=trained)
    assert np.mean(read == asked.pitch) > 0.95
    other = read_pitch(asked.array, 1 - asked.label, known=trained)
    assert np.mean(other == asked.pitch) < 0.3


def test_a_class_of_one_note_or_of_none_is_not_read(trained):
    asked = both(4, seed=10)
    one_note = make_items(
        trained.array,
        label=trained.label,
        pitch=np.where(trained.label == 0, 60.0, np.nan),
        stem=trained.stem,
    )
    read = read_pitch(asked.array, asked.label, known=one_note)
    assert read.shape == (8,) and np.isnan(read).all()


def test_what_is_learnt_once_serves_those_rows_and_no_others(trained, monkeypatch):
    """The mistakes: every split learns it anew; readers of other data are asked."""
    asked, turned = both(8, seed=10), both(120, seed=2)
    learnt, learn_one = [], pitch_reader._learn

    def learn(items, pitch, *, seen):
        learnt.append(items)
        return learn_one(items, pitch, seen=seen)

    monkeypatch.setattr(pitch_reader, "_learn", learn)
    for known, times in ((turned, 2), (turned, 2), (both(120, seed=4), 4)):
        read_pitch(asked.array, asked.label, known=known)
        assert len(learnt) == times
