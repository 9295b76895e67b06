"""How far generated targets as a whole are from real ones, in a judge's features."""

import numpy as np
from jaxtyping import Float, Int, Num


def kernel_distance(
    one: Num[np.ndarray, "n f"], other: Num[np.ndarray, "m f"]
) -> float | None:
    """The unbiased squared distance of two sets of features; 0 for one distribution.

    The estimate of Binkowski et al. 2018 (kernel inception distance, there in features
    of an Inception network) with its kernel (x y / f + 1)^3. Unbiased, it may fall a
    little below 0.

    Args:
      one: features, [n f].
      other: features of the other set, on the same scale, [m f].

    Returns:
      The distance, without a unit; None where a set has fewer than two items.
    """
    if min(len(one), len(other)) < 2:
        return None
    one, other = one.astype(np.float64), other.astype(np.float64)
    within = _mean_off_diagonal(_kernel(one, one)) + _mean_off_diagonal(
        _kernel(other, other)
    )
    return float(within - 2.0 * _kernel(one, other).mean())


def standardised(
    features: Num[np.ndarray, "n f"], by: Num[np.ndarray, "m f"]
) -> Float[np.ndarray, "n g"]:
    """Features whose scale is that of others: zero mean, deviation one.

    Features that do not vary there say nothing and are left out.
    """
    spread = by.std(axis=0)
    varies = spread > 1e-6 * max(float(spread.max(initial=0.0)), 1e-30)
    return (features[:, varies] - by[:, varies].mean(axis=0)) / spread[varies]


def distance_within_classes(
    made: Num[np.ndarray, "n f"],
    real: Num[np.ndarray, "n f"],
    label: Int[np.ndarray, " n"],
) -> float | None:
    """The mean over classes of how far generated targets are from real ones.

    It grows where targets are taken for another class, where they do not look real and
    where they are all alike.

    Args:
      made: features of generated targets, [n f].
      real: features of real targets of the same classes; the scale is theirs.
      label: classes of both, row by row.

    Returns:
      Mean of `kernel_distance`, without a unit; None where no class has two items.
    """
    one, other = (standardised(features, real) for features in (made, real))
    rows = [label == name for name in np.unique(label)]
    found = [kernel_distance(one[own], other[own]) for own in rows]
    known = [distance for distance in found if distance is not None]
    return float(np.mean(known)) if known else None


def _kernel(one, other):
    return (one @ other.T / max(one.shape[1], 1) + 1.0) ** 3


def _mean_off_diagonal(matrix):
    n = len(matrix)
    return (matrix.sum() - np.trace(matrix)) / (n * (n - 1))
