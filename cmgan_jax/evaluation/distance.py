"""How far generated targets as a whole are from real ones, in a judge's features."""

import numpy as np
import scipy.linalg
from jaxtyping import Float, Int, Num
from scipy.spatial.distance import cdist


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


def frechet_distance(
    one: Num[np.ndarray, "n f"], other: Num[np.ndarray, "m f"]
) -> float | None:
    """The Frechet distance of Gaussians with the means and covariances of two sets.

    Dowson and Landau 1982: |m1 - m2|**2 + tr(C1 + C2 - 2 (C1 C2)**(1/2)).

    Args:
      one: features, [n f].
      other: features of the other set, on the same scale, [m f].

    Returns:
      The squared distance, without a unit; None where a set has no more items than
      features, whose covariance would be singular.
    """
    if min(len(one), len(other)) <= one.shape[1]:
        return None
    a, b = (np.atleast_2d(np.cov(x.T)) for x in (one, other))
    root = scipy.linalg.sqrtm(a)
    # The eigenvalues of C1 C2, from a matrix that is symmetric.
    shared = np.sqrt(np.clip(np.linalg.eigvalsh(np.real(root @ b @ root)), 0.0, None))
    apart = np.sum((one.mean(axis=0) - other.mean(axis=0)) ** 2)
    return float(apart + np.trace(a) + np.trace(b) - 2.0 * shared.sum())


def share_within(
    one: Num[np.ndarray, "n f"],
    other: Num[np.ndarray, "m f"],
    song: Int[np.ndarray, " m"],
    *,
    neighbour: int = 3,
) -> float | None:
    """How many items of a set lie where another set is, in [0, 1].

    Within the distance of any item of the other set to its own third neighbour
    (Kynkaanniemi et al. 2019) from another song.

    Args:
      one: features that are asked about, [n f].
      other: features of the set, [m f].
      song: of the set's items.
      neighbour: whose distance is the radius.

    Returns:
      The share; None where an item has no such neighbour, or nothing is asked.
    """
    apart = np.where(song[:, None] == song, np.inf, cdist(other, other))
    if not len(one) or len(other) <= neighbour:
        return None
    radius = np.partition(apart, neighbour - 1, axis=1)[:, neighbour - 1]
    if np.isinf(radius).any():
        return None
    return float((cdist(one, other) <= radius).any(axis=1).mean())


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
