"""Intervals over songs and runs: exact cases, monotone, coverage, degenerate data."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from cmgan_jax.evaluation.intervals import PSEUDO_SONG, difference, interval

COVERAGE = Path(__file__).parents[2] / "benchmarks" / "interval_coverage.py"


@pytest.fixture(scope="module")
def simulation():
    spec = importlib.util.spec_from_file_location("interval_coverage", COVERAGE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("wrong", [0, 1, 5, 26, 52])
def test_whole_songs_give_the_interval_of_a_binomial(wrong):
    """Quantiles of Beta(right, wrong + 3/4) and Beta(right + 3/4, wrong)."""
    song = np.repeat(np.arange(52), 10)
    low, high = interval(song >= wrong, song)
    beta, right = scipy.stats.beta, 52 - wrong
    expected_low = beta.ppf(0.025, right, wrong + PSEUDO_SONG) if right else 0.0
    expected_high = beta.ppf(0.975, right + PSEUDO_SONG, wrong) if wrong else 1.0
    np.testing.assert_allclose((low, high), (expected_low, expected_high), atol=0.005)


def test_no_error_leaves_room_for_songs_not_met_and_one_window_hardly_changes_it():
    song = np.repeat(np.arange(52), 77)
    right = np.ones(len(song), bool)
    low, high = interval(right, song)
    assert 0.93 < low < 0.95 and high == 1.0
    right[100] = False
    fewer = interval(right, song)
    assert low - 0.001 < fewer[0] <= low and 0.999 < fewer[1] < 1.0


@pytest.mark.parametrize("runs", [1, 3, 5])
def test_a_further_error_never_raises_either_end(runs):
    """From all right to all wrong, the errors in random order and songs uneven."""
    rng = np.random.default_rng(runs)
    song, seed = rng.integers(0, 12, 150), rng.integers(0, runs, 150)
    correct = np.ones(150, bool)
    ends = [interval(correct, song, seed=seed, draws=500)]
    for window in rng.permutation(150):
        correct[window] = False
        ends.append(interval(correct, song, seed=seed, draws=500))
    assert (np.diff(ends, axis=0) <= 0).all()
    assert ends[0][1] == 1.0 and ends[-1][0] == 0.0


def test_windows_of_a_song_are_not_independent():
    once = np.random.default_rng(0).integers(0, 2, 40)
    repeated = np.repeat(once, 25)
    whole = interval(repeated, np.repeat(np.arange(40), 25))
    np.testing.assert_allclose(whole, interval(once, np.arange(40)), atol=1e-9)
    as_if_independent = interval(repeated, np.arange(len(repeated)), draws=500)
    assert np.ptp(whole) > 4 * np.ptp(as_if_independent)


def test_runs_that_differ_widen_the_interval_and_equal_ones_do_not():
    song = np.tile(np.repeat(np.arange(50), 4), 5)
    seed = np.repeat(np.arange(5), 200)
    correct = np.random.default_rng(1).random(200) < 0.8
    equal = interval(np.tile(correct, 5), song, seed=seed)
    alone = interval(correct, song[:200])
    np.testing.assert_allclose(equal, alone, atol=0.005)
    differing = np.tile(correct, 5) & (seed != 2)
    mixed = interval(differing, song)
    assert np.ptp(interval(differing, song, seed=seed)) > 2 * np.ptp(mixed)


def test_long_songs_count_for_more():
    song = np.repeat(np.arange(40), [10] * 20 + [30] * 20)
    low, high = interval(song >= 20, song)
    assert low < 0.75 < high and low > 0.5


def test_covers_the_truth_about_as_often_as_it_says(simulation):
    """A small form of the benchmark; 300 trials know a share within 1.3 points."""
    for kind, rate, seeds in (
        ("mild", 0.7, 1), ("whole", 0.5, 1), ("whole", 0.9, 1), ("mild", 0.9, 5),
    ):  # fmt: skip
        found = simulation.coverage(
            trials=300, draws=500, rate=rate, kind=kind, songs=52, seeds=seeds
        )
        assert 0.92 <= found["coverage"] <= 0.995, found


@pytest.mark.parametrize(
    ("correct", "message"), [([], "no windows"), ([2, 0], "0 to 1")]
)
def test_unusable_input_is_refused(correct, message):
    with pytest.raises(ValueError, match=message):
        interval(np.array(correct, int), np.zeros(len(correct), int))


def test_a_confidence_in_percent_is_refused():
    with pytest.raises(ValueError, match="confidence=95"):
        interval(np.ones(2, int), np.zeros(2, int), confidence=95.0)


def test_a_difference_is_paired():
    """Two systems that err in the same songs differ by less than either varies."""
    draw = np.random.default_rng(0)
    song, seed = np.repeat(np.arange(40), 10), np.zeros(400, int)
    hard = draw.random(40)[song] < 0.4
    one, other = ~hard, ~hard & (draw.random(400) < 0.9)
    low, high = difference(other, one, song, seed=seed)
    assert low < other.mean() - one.mean() < high < 0.1
    assert high - low < 0.6 * np.ptp(interval(one, song))
    swapped = difference(one, other, song, seed=seed)
    np.testing.assert_allclose(swapped, (-high, -low), atol=0.01)
