"""How often the 95 % interval of an accuracy covers the truth; JSON on stdout.

    python benchmarks/interval_coverage.py --trials=1000

Test sets are simulated whose true accuracy is known. Songs are either right or wrong
as a whole ("whole") or differ mildly ("mild": their accuracies follow a beta
distribution with an intra-song correlation of 0.1). Of the spread of several runs half
is shared by all runs of a song, a twentieth by all songs of a run; that of one run is
about songs alone, and so is the accuracy that its interval is asked to cover.
"""

import json

import numpy as np
import scipy.stats
from absl import app, flags

from cmgan_jax.evaluation.intervals import interval

_TRIALS = flags.DEFINE_integer("trials", 400, "Test sets of each kind.", lower_bound=1)
_RATES = flags.DEFINE_multi_float(
    "rate", [0.5, 0.7, 0.9, 0.95, 0.98, 0.99, 0.999], "True accuracies."
)
_SONGS = flags.DEFINE_multi_integer("songs", [52, 104], "Songs of a test set.")
_SEEDS = flags.DEFINE_multi_integer("seeds", [1, 5], "Runs that are evaluated.")
_DRAWS = flags.DEFINE_integer("draws", 2000, "Weights drawn for each interval.")

KINDS = ("mild", "whole")
WINDOWS = 77  # of a song
CORRELATION = 0.1
SONG_SHARE, SEED_SHARE = 0.5, 0.05


def simulate(
    rng: np.random.Generator, *, kind: str, rate: float, songs: int, seeds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """correct, song and seed of every window of a test set, each [seeds songs windows].

    Whether a song is easy for a run is a normal variable: a share of the song, one of
    the run and one of both together. Its quantile gives the song's accuracy.
    """
    own = rng.standard_normal((seeds, songs))
    if seeds > 1:
        by_song = rng.standard_normal((1, songs))
        by_seed = rng.standard_normal((seeds, 1))
        own = np.sqrt(1.0 - SONG_SHARE - SEED_SHARE) * own
        own += np.sqrt(SONG_SHARE) * by_song + np.sqrt(SEED_SHARE) * by_seed
    easy = scipy.stats.norm.cdf(own)
    if kind == "whole":
        accuracy = (easy < rate).astype(float)
    else:
        size = 1.0 / CORRELATION - 1.0
        accuracy = scipy.stats.beta.ppf(easy, rate * size, (1.0 - rate) * size)
    correct = rng.random((seeds, songs, WINDOWS)) < accuracy[..., None]
    seed, song, _ = np.indices(correct.shape)
    return correct, song, seed


def coverage(*, trials: int, draws: int, rate: float, **kind) -> dict:
    """Shares of the intervals that cover `rate`, lie above it, and lie below it."""
    above = below = width = 0.0
    for trial in range(trials):
        test_set = simulate(np.random.default_rng(trial), rate=rate, **kind)
        correct, song, seed = (column.ravel() for column in test_set)
        low, high = interval(correct, song, seed=seed, draws=draws)
        above += low > rate
        below += high < rate
        width += high - low
    return {
        **kind,
        "rate": rate,
        "coverage": 1.0 - (above + below) / trials,
        "above": above / trials,
        "below": below / trials,
        "mean_width": width / trials,
    }


def main(_) -> None:
    table = [
        coverage(
            trials=_TRIALS.value,
            draws=_DRAWS.value,
            rate=rate,
            kind=kind,
            songs=songs,
            seeds=seeds,
        )
        for seeds in _SEEDS.value
        for songs in _SONGS.value
        for kind in KINDS
        for rate in _RATES.value
    ]
    print(json.dumps({"trials": _TRIALS.value, "table": table}, indent=2))


if __name__ == "__main__":
    app.run(main)
