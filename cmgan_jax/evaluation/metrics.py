"""Everything that is measured of a system: pure functions of the per-item table.

A metric is registered under the name of its function; what it returns fits into JSON.
Accuracies and ratios are shares without a unit, distances are in grey levels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Num

from cmgan_jax.evaluation.distance import kernel_distance, standardised
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.table import Table

Metric = Callable[[Table], Any]
METRICS: dict[str, Metric] = {}


def metric(function: Metric) -> Metric:
    """Registers a metric under its name."""
    METRICS[function.__name__] = function
    return function


def measure(table: Table, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Some metrics of a table, or all of them, by name.

    Raises:
      ValueError: a name is unknown; lists those there are.
    """
    names = tuple(METRICS) if names is None else names
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise ValueError(
            f"metrics {', '.join(unknown)} are unknown; known: {', '.join(METRICS)}."
        )
    return {name: METRICS[name](table) for name in names}


def correct(table: Table, judge: str) -> Bool[np.ndarray, " n"]:
    """Where a judge sees the class of the source in the generated target."""
    return table.guess[judge] == table.label


def strictest(table: Table) -> str:
    """The judge that finds fewest targets right; of equals the first."""
    return min(table.judges, key=lambda judge: correct(table, judge).mean())


@metric
def headline(table: Table) -> dict[str, Any]:
    """The accuracy to quote: that of the strictest judge, in [0, 1], higher is better.

    Returns:
      {"judge", "accuracy", "interval"} with the 95 % interval over songs.
    """
    judge = strictest(table)
    return {"judge": judge} | accuracy(table)[judge]


@metric
def accuracy(table: Table) -> dict[str, dict[str, Any]]:
    """Share of generated targets in which a judge sees the source's class, in [0, 1].

    Returns:
      Name of each judge -> {"accuracy", "interval" [low, high]}.
    """
    return {
        judge: {
            "accuracy": float(correct(table, judge).mean()),
            "interval": list(interval(correct(table, judge), table.song)),
        }
        for judge in table.judges
    }


@metric
def real_accuracy(table: Table) -> dict[str, float]:
    """The same of the real targets of the same pairs: about the best to hope for."""
    return {
        judge: float((table.real_guess[judge] == table.label).mean())
        for judge in table.judges
    }


@metric
def per_class(table: Table) -> dict[str, dict[str, dict[str, float]]]:
    """Accuracy by class of the source, in [0, 1]; classes without sources are left out.

    Returns:
      Name of each judge -> class -> {"accuracy", "n"}.
    """
    return {
        judge: {
            name: {
                "accuracy": float(correct(table, judge)[rows].mean()),
                "n": int(rows.sum()),
            }
            for name, rows in _classes(table)
        }
        for judge in table.judges
    }


@metric
def worst_class(table: Table) -> dict[str, Any]:
    """The least accuracy of any class under any judge: what no mean can hide.

    Returns:
      {"name", "judge", "accuracy", "n"}.
    """
    found = [
        {"name": name, "judge": judge, **entry}
        for judge, classes in per_class(table).items()
        for name, entry in classes.items()
    ]
    return min(found, key=lambda entry: entry["accuracy"])


@metric
def confusion(table: Table) -> dict[str, list[list[int]]]:
    """Name of each judge -> counts [class of the source][class that was seen]."""
    m, counts = len(table.class_names), {}
    for judge in table.judges:
        matrix = np.zeros((m, m), int)
        np.add.at(matrix, (table.label, table.guess[judge]), 1)
        counts[judge] = matrix.tolist()
    return counts


@metric
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


@metric
def feature_diversity(table: Table) -> dict[str, Any]:
    """The same by the features of the first judge, which ignore what it ignores."""
    return spread_ratio(
        table.class_names, table.label, table.features, table.real_features
    )


@metric
def distance_to_real(table: Table) -> dict[str, float | None]:
    """How far generated targets are from real ones in the first judge's features.

    Returns:
      {"generated", "floor"}: the kernel distance (`kernel_distance`, features on the
      scale of the real ones) of generated and real targets, and of two halves of the
      real ones that share no song, which no system can be expected to beat; None where
      there are too few.
    """
    by = table.real_features
    made, real = (standardised(x, by) for x in (table.features, by))
    half = np.searchsorted(np.unique(table.song), table.song) % 2 == 0
    return {
        "generated": kernel_distance(made, real),
        "floor": kernel_distance(real[half], real[~half]),
    }


@metric
def nearest_training_item(table: Table) -> dict[str, float | None]:
    """Median distance to the nearest training item of the class, in grey levels.

    Returns:
      {"generated", "real", "ratio"}, None where unknown. A ratio far below 1 says that
      targets are copies of training items, or so blurred that they are near to many.
    """
    made = _median(table.nearest_distance)[0]
    real = _median(table.real_nearest_distance)[0]
    return {"generated": made, "real": real, "ratio": made / real if real else None}


@metric
def response_to_noise(table: Table) -> dict[str, float | int | None]:
    """Median distance between two targets of one source, in grey levels.

    Returns:
      {"median", "n"}: 0 says that the noise is ignored.
    """
    median, n = _median(table.response)
    return {"median": median, "n": n}


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


def _classes(table: Table):
    """Name and rows of every class that has any."""
    for label, name in enumerate(table.class_names):
        rows = table.label == label
        if rows.any():
            yield name, rows
