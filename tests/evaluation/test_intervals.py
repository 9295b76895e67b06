"""Intervals by resampling songs: exact small cases, coverage, degenerate data."""

import numpy as np
import pytest

from cmgan_jax.evaluation.intervals import cluster_bootstrap


def test_two_songs_give_the_three_possible_resamples():
    """Songs of 1/4 and 4/4: draws are (a, a), (a, b), (b, b) with 1/4, 1/2, 1/4."""
    correct = np.array([1, 0, 0, 0, 1, 1, 1, 1])
    song = np.array([7, 7, 7, 7, 3, 3, 3, 3])
    assert cluster_bootstrap(correct, song) == (0.25, 1.0)
    assert cluster_bootstrap(correct, song, confidence=0.4) == (0.625, 0.625)


def test_long_songs_count_for_more():
    """The middle resample is 5 right of 10 windows, not the mean of the two rates."""
    correct, song = np.array([1] * 5 + [0] * 4 + [0]), np.array([0] * 9 + [1])
    low, high = cluster_bootstrap(correct, song, confidence=0.4)
    assert low == high == 0.5


def test_windows_of_a_song_are_not_independent():
    rng = np.random.default_rng(0)
    once = rng.integers(0, 2, 40)
    repeated = np.repeat(once, 25)
    interval = cluster_bootstrap(repeated, np.repeat(np.arange(40), 25))
    assert interval == cluster_bootstrap(once, np.arange(40))
    as_if_independent = cluster_bootstrap(repeated, np.arange(len(repeated)))
    assert np.ptp(interval) > 4 * np.ptp(as_if_independent)


def test_order_of_windows_and_names_of_songs_do_not_matter():
    rng = np.random.default_rng(1)
    correct, song = rng.integers(0, 2, 200), rng.integers(0, 20, 200)
    shuffled = rng.permutation(200)
    same = cluster_bootstrap(correct[shuffled], song[shuffled] + 1000)
    assert cluster_bootstrap(correct, song) == same


def test_covers_the_truth_about_as_often_as_it_says():
    """Song accuracies are drawn from Beta(6, 2), whose mean is 0.75."""
    covered = 0
    for trial in range(200):
        rng = np.random.default_rng(trial)
        windows = rng.integers(20, 60, 40)
        song = np.repeat(np.arange(40), windows)
        correct = rng.random(len(song)) < np.repeat(rng.beta(6, 2, 40), windows)
        low, high = cluster_bootstrap(correct, song, resamples=500, seed=trial)
        covered += low <= 0.75 <= high
    assert 0.89 <= covered / 200 <= 0.99


@pytest.mark.parametrize(
    ("songs", "right", "expected"),
    [
        (1, 1, (0.025, 1.0)),
        (1, 0, (0.0, 0.975)),
        (20, 1, (0.025 ** (1 / 20), 1.0)),
        (20, 0, (0.0, 1 - 0.025 ** (1 / 20))),
    ],
)
def test_songs_without_any_spread_fall_back_to_one_trial_per_song(
    songs, right, expected
):
    song = np.repeat(np.arange(songs), 10)
    interval = cluster_bootstrap(np.full(len(song), right), song)
    np.testing.assert_allclose(interval, expected, rtol=1e-9)


def test_songs_of_one_equal_middling_rate_do_not_get_a_zero_width_interval():
    low, high = cluster_bootstrap(np.array([1, 0] * 6), np.repeat(np.arange(6), 2))
    assert low < 0.2 and high > 0.8 and low == pytest.approx(1 - high)


@pytest.mark.parametrize(
    ("correct", "message"), [([], "no windows"), ([2, 0], "0 and 1")]
)
def test_unusable_input_is_refused(correct, message):
    with pytest.raises(ValueError, match=message):
        cluster_bootstrap(np.array(correct, int), np.zeros(len(correct), int))
