"""Rows by label, without a list of rows."""

import numpy as np
import pytest

from cmgan_jax.data import rows_by_label
from cmgan_jax.data.rows_by_label import RowsByLabel, spread, spread_by_label

LABELS = np.repeat([4, 1, 4, 1, 7], [3, 2, 1, 4, 5])


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_stretches_are_found_across_the_pieces_that_are_read(monkeypatch, at_once):
    monkeypatch.setattr(rows_by_label, "_AT_ONCE", at_once)
    rows = RowsByLabel(LABELS)
    np.testing.assert_array_equal(rows.stretches[0], [0, 3, 5, 6, 10])
    np.testing.assert_array_equal(rows.labels_of(np.arange(15)), LABELS)


def test_every_row_of_a_label_has_the_same_share():
    """As many numbers as candidates, evenly apart, give each of them once."""
    rows = RowsByLabel(LABELS)
    for label in (1, 4, 7):
        for draw, candidates in (
            (rows.same, np.flatnonzero(label == LABELS)),
            (rows.other, np.flatnonzero(label != LABELS)),
        ):
            uniform = (np.arange(len(candidates)) + 0.5) / len(candidates)
            drawn = draw(np.full(len(candidates), label), uniform)
            np.testing.assert_array_equal(np.sort(drawn), candidates)


def test_the_last_number_below_one_is_the_last_row():
    rows = RowsByLabel(LABELS)
    almost = np.array([np.nextafter(1.0, 0.0)])
    assert rows.same(np.array([7]), almost) == 14
    assert rows.other(np.array([7]), almost) == 5


def test_no_rows_have_no_labels():
    rows = RowsByLabel(np.zeros(0, np.int32))
    assert len(rows) == 0 and len(rows.known) == 0


def test_some_rows_are_taken_from_all_over():
    np.testing.assert_array_equal(spread(101, 3), [0, 50, 100])
    np.testing.assert_array_equal(spread(2, 5), [0, 1])
    assert len(spread(0, 5)) == 0
    labels = np.repeat([7, 3], [10, 4])
    # The middles of equal parts: of four rows of label 3, then of ten of label 7.
    np.testing.assert_array_equal(spread_by_label(labels, 2), [11, 13, 2, 7])
    np.testing.assert_array_equal(spread_by_label(labels, 5)[:4], [10, 11, 12, 13])
    assert len(spread_by_label(labels[:0], 2)) == 0
