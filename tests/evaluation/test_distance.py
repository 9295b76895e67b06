"""The kernel distance: nothing between samples of one distribution."""

import numpy as np
import pytest

from cmgan_jax.evaluation.distance import (
    distance_within_classes,
    frechet_distance,
    kernel_distance,
    share_within,
    standardised,
)


def test_by_hand():
    """One feature: kernels (xy + 1)^3 of the pairs that are not the same item."""
    one, other = np.array([[0.0], [1.0]]), np.array([[0.0], [2.0]])
    # Within: 1 and 1. Between: (0, 0) 1, (0, 2) 1, (1, 0) 1, (1, 2) 27.
    assert kernel_distance(one, other) == pytest.approx(1 + 1 - 2 * 30 / 4)
    assert kernel_distance(one[:1], other) is None


def test_same_shifted_and_collapsed():
    draw = np.random.default_rng(0).normal
    real = draw(size=(400, 8))
    same = [kernel_distance(real, draw(size=(400, 8))) for _ in range(20)]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(20) + 1e-3
    assert kernel_distance(real, draw(size=(400, 8)) + 1.0) > 10 * np.std(same)
    assert kernel_distance(real, np.zeros((400, 8))) > 3 * np.std(same)


def test_the_scale_is_that_of_the_real_ones():
    real = np.array([[0.0, 5.0, 1.0], [10.0, 5.0, 3.0]])
    np.testing.assert_allclose(standardised(real, real), [[-1, -1], [1, 1]])
    np.testing.assert_allclose(standardised(real + 5.0, real)[0], [0.0, 4.0])


def test_the_distance_within_classes_sees_classes_that_change_places():
    """Taken together both sets are the same; class by class they are far apart."""
    draw = np.random.default_rng(0)
    label = np.repeat([0, 1], 60)
    real = draw.normal(size=(120, 8)) + 4.0 * label[:, None]
    again = draw.normal(size=(120, 8)) + 4.0 * label[:, None]
    near = distance_within_classes(again, real, label)
    assert abs(near) < 0.1
    assert distance_within_classes(again[::-1], real, label) > 10 * abs(near) + 1.0
    assert distance_within_classes(real[[0, 60]], real[[0, 60]], label[[0, 60]]) is None


def test_the_frechet_distance_of_gaussians_whose_axes_differ():
    """By hand: shift 3, variances 1 and 4 against 9 and 16: 9 + (1-3)^2 + (2-4)^2."""
    corners = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1.0]]) * np.sqrt(3 / 4)
    one, other = corners * [1, 2], corners * [3, 4] + [3, 0]
    assert frechet_distance(one, other) == pytest.approx(9 + 4 + 4)
    # Turned about, the covariances no longer commute with the axes but with each other.
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert frechet_distance(one @ turn, other @ turn) == pytest.approx(17)
    assert frechet_distance(one, one) == pytest.approx(0)
    assert frechet_distance(one[:2], other) is None


def test_neighbours_are_of_other_songs():
    """Four near copies at each place, and the places are ten apart."""
    place = np.repeat(np.arange(8), 4)
    line = (10.0 * place + 0.1 * np.tile(np.arange(4), 8))[:, None]
    between = line + 5.0
    assert share_within(between, line, place) == 1.0
    assert share_within(between, line, np.arange(32)) == 0.0
    assert share_within(between[:0], line, place) is None
    assert share_within(between, line, place * 0) is None
