"""How like real ones generated targets are, and how varied, whatever class they show.

Pure functions of the per-item table, whose results fit into JSON. Ratios are shares
without a unit, distances between items are in grey levels. The features are those of
the first judge.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Num

from cmgan_jax.data.rows_by_label import spread
from cmgan_jax.evaluation.distance import (
    frechet_distance,
    kernel_distance,
    share_within,
    standardised,
)
from cmgan_jax.evaluation.table import Table

COMPARED = 2000  # items on each side of precision and recall, at most


def diversity(table: Table) -> dict[str, Any]:
    """How much targets of one class differ, generated against real, by their pixels.

    The standard deviation over the items of a class, averaged over pixels and channels,
    of generated targets, divided by that of real ones. 1 is as diverse as real ones, 0
    the same picture for every source of a class.

    Returns:
      {"mean" over classes, "least" {"name", "ratio"}, "per_class" {name: ratio}};
      classes with fewer than two items or without spread of the real ones are left out,
      and with none left "mean" and "least" are None.

    Raises:
      ValueError: the table was stored, and stored tables hold no pictures.
    """
    if table.generated is None or table.real is None:
        raise ValueError(
            "diversity needs the pictures, which a stored table does not hold: take it "
            "from the evaluation's JSON, or evaluate again."
        )
    return spread_ratio(table.class_names, table.label, table.generated, table.real)


def feature_diversity(table: Table) -> dict[str, Any]:
    """The same by the features, which ignore what the judge ignores."""
    return spread_ratio(
        table.class_names, table.label, table.features, table.real_features
    )


def distance_to_real(table: Table) -> dict[str, float | None]:
    """How far generated targets are from real ones in the features.

    Returns:
      {"generated", "floor"}: the kernel distance (`kernel_distance`, features on the
      scale of the real ones) of generated and real targets, and of two halves of the
      real ones that share no song, which no system can be expected to beat; None where
      there are too few.
    """
    made, real = _features(table)
    half = _half_of_the_songs(table)
    return {
        "generated": kernel_distance(made, real),
        "floor": kernel_distance(real[half], real[~half]),
    }


def frechet(table: Table) -> dict[str, float | int | None]:
    """Frechet distances in the features: of Gaussians, and never to be called FID.

    It is biased by the number of items, so both are taken with the same ones: targets
    of half of the songs against real ones of the other half.

    Returns:
      {"generated", "floor", "n" items of the first half}: the distance where the first
      half is generated, and where it is real; None where there are fewer items than
      features.
    """
    made, real = _features(table)
    half = _half_of_the_songs(table)
    return {
        "generated": frechet_distance(made[half], real[~half]),
        "floor": frechet_distance(real[half], real[~half]),
        "n": int(half.sum()),
    }


def precision_recall(table: Table) -> dict[str, float | int | None]:
    """Shares of targets that real ones, and of real ones that targets, are near to.

    Improved precision and recall (Kynkaanniemi et al. 2019): an item is near to a set
    if it lies within the distance of any of its items to that one's third neighbour.
    Neighbours are of other songs, since windows of one song are near copies.

    Returns:
      {"precision": how many generated targets look real, "recall": how many real ones
      might have been generated, "floor": the precision of real ones of half of the
      songs among the other half, "n" items compared}; None where there are too few.
    """
    rows = spread(len(table), COMPARED)
    made, real = (x[rows] for x in _features(table))
    song, half = table.song[rows], _half_of_the_songs(table)[rows]
    return {
        "precision": share_within(made, real, song),
        "recall": share_within(real, made, song),
        "floor": share_within(real[half], real[~half], song[~half]),
        "n": len(rows),
    }


def nearest_training_item(table: Table) -> dict[str, float | None]:
    """Median distance to the nearest training item of the class, in grey levels.

    Returns:
      {"generated", "real", "ratio"}, None where unknown. A ratio far below 1 says that
      targets are copies of training items, or so blurred that they are near to many.
    """
    made = _median(table.nearest_distance)[0]
    real = _median(table.real_nearest_distance)[0]
    return {"generated": made, "real": real, "ratio": made / real if real else None}


def response_to_noise(table: Table) -> dict[str, float | int | None]:
    """Median distance between two targets of one source, in grey levels.

    Returns:
      {"median", "n"}: 0 says that the noise is ignored.
    """
    median, n = _median(table.response)
    return {"median": median, "n": n}


def _features(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Of generated and real targets, on the scale of the real ones."""
    by = table.real_features
    return standardised(table.features, by), standardised(by, by)


def _half_of_the_songs(table: Table) -> Bool[np.ndarray, " n"]:
    return np.searchsorted(np.unique(table.song), table.song) % 2 == 0


def _median(values: np.ndarray) -> tuple[float | None, int]:
    """Median of the numbers that are not NaN, and how many they are."""
    known = values[~np.isnan(values)]
    return (float(np.median(known)) if len(known) else None), len(known)


def spread_within_class(items: np.ndarray, label: np.ndarray, one: int) -> float | None:
    """Standard deviation over the items of a class, averaged over everything else.

    None where there are fewer than two.
    """
    own = items[label == one]
    if len(own) < 2:
        return None
    return float(np.std(own, axis=0, dtype=np.float64).mean())


def spread_ratio(
    class_names: tuple[str, ...],
    label: Int[np.ndarray, " n"],
    generated: Num[np.ndarray, "n ..."],
    real: Num[np.ndarray, "n ..."],
) -> dict[str, Any]:
    """Spread within each class, generated against real; see `diversity`."""
    ratios = {}
    for one, name in enumerate(class_names):
        made = spread_within_class(generated, label, one)
        known = spread_within_class(real, label, one)
        if known:
            ratios[name] = made / known
    if not ratios:
        return {"mean": None, "least": None, "per_class": {}}
    least = min(ratios, key=ratios.get)
    return {
        "mean": float(np.mean(list(ratios.values()))),
        "least": {"name": least, "ratio": ratios[least]},
        "per_class": ratios,
    }
