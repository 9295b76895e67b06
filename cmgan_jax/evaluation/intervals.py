"""How far an accuracy may be trusted: intervals that resample whole songs.

Windows of one song are near copies of one another. Counting each as an independent
trial would make every interval several times too narrow.
"""

import numpy as np
import scipy.stats
from jaxtyping import Bool, Integer


def cluster_bootstrap(
    correct: Bool[np.ndarray, " n"] | Integer[np.ndarray, " n"],
    song: Integer[np.ndarray, " n"],
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Confidence interval of the mean accuracy over windows, songs being resampled.

    Percentile bootstrap of the ratio (right windows) / (windows), songs drawn with
    replacement (Davison and Hinkley, Bootstrap Methods and Their Application, 1997,
    sections 3.8 and 5.3). Where all songs score the same, or there is only one, no
    resample can differ from the data; the interval is then the exact binomial one
    (Clopper and Pearson, 1934) of as many trials as there are songs.

    Args:
      correct: 1 or True where the window was classified right, [n].
      song: number of the song that each window belongs to, [n].
      confidence: probability that the interval covers the accuracy, in (0, 1).
      resamples: how often songs are drawn.
      seed: of the draws; equal arguments give equal intervals.

    Returns:
      The lower and the upper end, both in [0, 1].

    Raises:
      ValueError: no windows, or `correct` holds something else than 0 and 1.
    """
    correct, song = np.asarray(correct), np.asarray(song)
    _require_valid(correct)
    _, songs = np.unique(song, return_inverse=True)
    right = np.bincount(songs, weights=correct)
    windows = np.bincount(songs)
    if np.ptp(right / windows) == 0.0:
        return _exact_binomial(right[0] / windows[0], len(windows), confidence)
    interval = scipy.stats.bootstrap(
        (right, windows),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)


def _require_valid(correct: np.ndarray) -> None:
    if not len(correct):
        raise ValueError("no windows were given: there is no accuracy to bound.")
    if not np.isin(correct, (0, 1)).all():
        raise ValueError(
            f"correct holds {np.setdiff1d(correct, (0, 1))[:5]}, but may hold 0 and 1 "
            "only: pass predicted == label."
        )


def _ratio(right: np.ndarray, windows: np.ndarray, axis: int) -> np.ndarray:
    return right.sum(axis) / windows.sum(axis)


def _exact_binomial(rate: float, trials: int, confidence: float) -> tuple[float, float]:
    """Clopper-Pearson interval of `rate`, which need not be a multiple of 1/trials."""
    successes, tail = rate * trials, (1.0 - confidence) / 2.0
    beta = scipy.stats.beta
    low = beta.ppf(tail, successes, trials - successes + 1) if rate > 0.0 else 0.0
    high = beta.isf(tail, successes + 1, trials - successes) if rate < 1.0 else 1.0
    return float(low), float(high)
