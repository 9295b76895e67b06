"""The order of batches: complete, stateless, and mismatched by label."""

import numpy as np
import pytest

from cmgan_jax.data.order import Order, batch_indices, partners

LABELS = np.array([0, 1, 1, 2, 2, 2, 0])


def order(source=LABELS, target=LABELS, *, pairing="stem", batch_size=4, seed=5):
    return Order(source, target, pairing=pairing, batch_size=batch_size, seed=seed)


@pytest.mark.parametrize("batch_size", [1, 4, 7, 20])
def test_every_source_comes_once_per_epoch(batch_size):
    batches = order(batch_size=batch_size)
    steps = -(-3 * len(LABELS) // batch_size)
    rows = np.concatenate([batches.batch(step).source for step in range(steps)])
    epochs = rows[: 3 * len(LABELS)].reshape(3, -1)
    for epoch in epochs:
        assert sorted(epoch) == list(range(len(LABELS)))
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_step_does_not_depend_on_the_steps_before():
    straight = [order().batch(step) for step in range(6)]
    again = order().batch(5)
    for name in ("source", "target", "mismatched"):
        np.testing.assert_array_equal(getattr(again, name), getattr(straight[5], name))
    alone = batch_indices(LABELS, LABELS, pairing="stem", batch_size=4, seed=5, step=5)
    np.testing.assert_array_equal(alone.mismatched, again.mismatched)


def test_seeds_differ():
    first, second = order(seed=0, batch_size=7), order(seed=1, batch_size=7)
    assert not np.array_equal(first.batch(0).source, second.batch(0).source)


def test_stem_targets_are_the_same_moment_and_mismatches_another_class():
    batches = order()
    for step in range(50):
        rows = batches.batch(step)
        np.testing.assert_array_equal(rows.target, rows.source)
        assert (LABELS[rows.mismatched] != LABELS[rows.source]).all()


def test_class_targets_are_drawn_evenly_among_the_same_label():
    targets = np.array([2, 0, 1, 1, 1, 0])
    batches = order(target=targets, pairing="class", batch_size=64)
    drawn, mismatched = np.zeros(6), np.zeros(6)
    for step in range(100):
        rows = batches.batch(step)
        assert (targets[rows.target] == LABELS[rows.source]).all()
        assert (targets[rows.mismatched] != LABELS[rows.source]).all()
        of_class_1 = LABELS[rows.source] == 1
        np.add.at(drawn, rows.target[of_class_1], 1)
        np.add.at(mismatched, rows.mismatched[of_class_1], 1)
    for counts, rows in ((drawn, [2, 3, 4]), (mismatched, [0, 1, 5])):
        assert counts[rows].sum() == counts.sum()
        assert counts[rows].min() > 0.8 * counts.sum() / 3


def test_classes_of_one_item():
    labels = np.array([0, 1])
    rows = order(labels, labels, pairing="class", batch_size=2).batch(0)
    np.testing.assert_array_equal(labels[rows.target], labels[rows.source])
    np.testing.assert_array_equal(rows.mismatched, 1 - rows.source)


def test_partners_cover_every_source():
    targets = np.array([2, 0, 1, 1, 1, 0])
    drawn = partners(LABELS, targets, pairing="class", seed=3)
    np.testing.assert_array_equal(targets[drawn], LABELS)
    stems = partners(LABELS, LABELS, pairing="stem", seed=3)
    np.testing.assert_array_equal(stems, np.arange(len(LABELS)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": np.zeros(3, int), "target": np.zeros(3, int)}, "two classes"),
        ({"source": np.zeros(0, int), "target": np.zeros(0, int)}, "no source items"),
        ({"target": np.array([0, 1]), "pairing": "class"}, r"\[2\] have source items"),
        ({"target": LABELS[::-1].copy()}, "row by row"),
        ({"pairing": "position"}, "known: stem, class"),
        ({"seed": -1}, "seed >= 0"),
        ({"batch_size": 0}, "batch_size >= 1"),
    ],
)
def test_impossible_orders_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        order(**given)
