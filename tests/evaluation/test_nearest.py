"""The nearest training item: of the same class, exact, across chunks."""

import numpy as np
import pytest

from cmgan_jax.evaluation import nearest
from cmgan_jax.evaluation.nearest import nearest_of_class


def constant(*levels):
    return np.array(levels, np.uint8)[:, None, None, None] * np.ones(
        (4, 4, 1), np.uint8
    )


def test_the_nearest_of_the_same_class_by_hand():
    """Level 100 is nearest to 103 of its class, though 101 of another is nearer."""
    row, distance = nearest_of_class(
        constant(100, 0, 7),
        np.array([0, 1, 5]),
        among=constant(110, 101, 103, 250),
        among_label=np.array([0, 1, 0, 1]),
    )
    assert row.tolist() == [2, 1, -1]
    np.testing.assert_allclose(distance[:2], [3.0, 101.0])
    assert np.isnan(distance[2])


@pytest.mark.parametrize("rows", [7, 2048])
def test_equals_the_plain_search_whatever_the_chunks(rows, monkeypatch):
    monkeypatch.setattr(nearest, "ROWS", rows)
    rng = np.random.default_rng(0)
    items = rng.integers(0, 256, (30, 8, 8, 3), np.uint8)
    among = rng.integers(0, 256, (100, 8, 8, 3), np.uint8)
    among[17] = items[4]
    label, among_label = np.arange(30) % 3, np.arange(100) % 3
    among_label[17] = label[4]
    row, distance = nearest_of_class(items, label, among=among, among_label=among_label)
    every = np.sqrt(
        np.mean((items[:, None].astype(float) - among[None]) ** 2, axis=(2, 3, 4))
    )
    every[label[:, None] != among_label[None]] = np.inf
    np.testing.assert_array_equal(row, every.argmin(1))
    np.testing.assert_allclose(distance, every.min(1), rtol=1e-5)
    assert row[4] == 17 and distance[4] == 0.0
