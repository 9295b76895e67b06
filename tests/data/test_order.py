"""The order of batches: complete, stateless, and mismatched by label."""

import tracemalloc

import numpy as np
import pytest

from cmgan_jax.data.order import Order, others, partners
from cmgan_jax.training.batch import Needs

LABELS = np.array([0, 1, 1, 2, 2, 2, 0])
ALL = ("image", "sound", "mismatched_image", "mismatched_sound")


def order(
    sound=LABELS,
    image=LABELS,
    *,
    anchor="sound",
    fields=ALL,
    pairing="stem",
    batch_size=4,
    seed=5,
    part=slice(None),
):
    return Order(
        {"sound": sound, "image": image},
        needs=Needs(anchor=anchor, fields=fields),
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
        part=part,
    )


@pytest.mark.parametrize("anchor", ["sound", "image"])
@pytest.mark.parametrize("batch_size", [1, 4, 7, 20])
def test_every_item_of_the_anchor_comes_once_per_epoch(batch_size, anchor):
    batches = order(batch_size=batch_size, anchor=anchor)
    steps = -(-3 * len(LABELS) // batch_size)
    rows = np.concatenate([batches.batch(step)[anchor] for step in range(steps)])
    anchors = [batches.anchor_rows(step) for step in range(steps)]
    np.testing.assert_array_equal(np.concatenate(anchors), rows)
    epochs = rows[: 3 * len(LABELS)].reshape(3, -1)
    for epoch in epochs:
        assert sorted(epoch) == list(range(len(LABELS)))
    assert not np.array_equal(epochs[0], epochs[1])


@pytest.mark.parametrize("pairing", ["stem", "class"])
def test_a_step_does_not_depend_on_the_steps_before(pairing):
    batches = order(pairing=pairing)
    straight = [batches.batch(step) for step in range(6)]
    again = order(pairing=pairing).batch(5)
    assert set(again) == set(ALL)
    for name in ALL:
        np.testing.assert_array_equal(again[name], straight[5][name])


@pytest.mark.parametrize("pairing", ["stem", "class"])
def test_parts_are_those_of_the_whole_batch(pairing):
    whole = order(pairing=pairing, batch_size=12).batch(3)
    for processes in (2, 3, 4):
        size = 12 // processes
        parts = [
            order(pairing=pairing, batch_size=12, part=slice(at, at + size)).batch(3)
            for at in range(0, 12, size)
        ]
        for name in ALL:
            together = np.concatenate([part[name] for part in parts])
            np.testing.assert_array_equal(together, whole[name])


def test_nothing_of_the_size_of_an_epoch_is_held():
    """The mistake: a permutation, or a list of rows by label (8 MB each here)."""
    labels = np.repeat(np.arange(10, dtype=np.int32) % 3, 100_000)
    tracemalloc.start()
    try:
        rows = order(labels, labels, pairing="class").batch(10**6)
        # The labels are looked at once, a bool for each.
        assert tracemalloc.get_traced_memory()[1] < 2.5e6
        assert tracemalloc.get_traced_memory()[0] < 1e5
    finally:
        tracemalloc.stop()
    assert max(rows["image"]) < len(labels)


def test_seeds_differ():
    first, second = order(seed=0, batch_size=7), order(seed=1, batch_size=7)
    assert not np.array_equal(first.batch(0)["sound"], second.batch(0)["sound"])


@pytest.mark.parametrize("anchor", ["sound", "image"])
def test_stem_pairs_are_one_moment_and_mismatches_another_class(anchor):
    batches = order(anchor=anchor)
    for step in range(50):
        rows = batches.batch(step)
        np.testing.assert_array_equal(rows["image"], rows["sound"])
        labels = LABELS[rows["sound"]]
        mismatched = [rows[name] for name in ("mismatched_image", "mismatched_sound")]
        for rows in mismatched:
            assert (LABELS[rows] != labels).all()
        assert not np.array_equal(*mismatched)


def test_class_partners_are_drawn_evenly_among_the_same_label():
    images = np.array([2, 0, 1, 1, 1, 0])
    batches = order(image=images, pairing="class", batch_size=64)
    drawn, mismatched = np.zeros(6), np.zeros(6)
    for step in range(40):
        rows = batches.batch(step)
        labels = LABELS[rows["sound"]]
        assert (images[rows["image"]] == labels).all()
        assert (images[rows["mismatched_image"]] != labels).all()
        assert (LABELS[rows["mismatched_sound"]] != labels).all()
        of_class_1 = labels == 1
        np.add.at(drawn, rows["image"][of_class_1], 1)
        np.add.at(mismatched, rows["mismatched_image"][of_class_1], 1)
    for counts, rows in ((drawn, [2, 3, 4]), (mismatched, [0, 1, 5])):
        assert counts[rows].sum() == counts.sum()
        assert counts[rows].min() > 0.8 * counts.sum() / 3


def test_classes_of_one_item():
    labels = np.array([0, 1])
    rows = order(labels, labels, pairing="class", batch_size=2).batch(0)
    np.testing.assert_array_equal(labels[rows["image"]], labels[rows["sound"]])
    np.testing.assert_array_equal(rows["mismatched_image"], 1 - rows["sound"])


def test_what_is_not_needed_is_not_drawn():
    single = np.zeros(3, int)
    rows = order(single, single, fields=("sound", "image")).batch(0)
    assert set(rows) == {"sound", "image"}
    # A modality that is not read may have no items and other labels.
    assert set(order(image=np.zeros(0, int), fields=("sound",)).batch(0)) == {"sound"}


def test_partners_cover_every_source():
    targets = np.array([2, 0, 1, 1, 1, 0])
    drawn = partners(LABELS, targets, pairing="class", seed=3)
    np.testing.assert_array_equal(targets[drawn], LABELS)
    stems = partners(LABELS, LABELS, pairing="stem", seed=3)
    np.testing.assert_array_equal(stems, np.arange(len(LABELS)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sound": np.zeros(3, int), "image": np.zeros(3, int)}, "two classes"),
        ({"sound": np.zeros(0, int), "image": np.zeros(0, int)}, "has no items of"),
        ({"image": np.array([0, 1]), "pairing": "class"}, r"\[2\] have source items"),
        ({"image": LABELS[::-1].copy()}, "row by row"),
        ({"pairing": "position"}, "known: stem, class"),
        ({"seed": -1}, "seed >= 0"),
        ({"batch_size": 0}, "batch_size >= 1"),
        ({"fields": ("target",)}, r"some fields of \('image', 'sound', 'mism"),
        ({"fields": ()}, "some fields of"),
        ({"anchor": "source"}, r"anchor of \('image', 'sound'\)"),
    ],
)
def test_impossible_orders_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        order(**given)


def test_others_are_of_every_other_label_and_need_two():
    labels = np.tile(LABELS, 10)
    drawn = others(labels, seed=3)
    assert (labels[drawn] != labels).all()
    pairs = set(zip(labels.tolist(), labels[drawn].tolist(), strict=True))
    known = len(np.unique(labels))
    assert len(pairs) == known * (known - 1)
    np.testing.assert_array_equal(drawn, others(labels, seed=3))
    with pytest.raises(ValueError, match="every item has the label"):
        others(labels * 0, seed=3)
