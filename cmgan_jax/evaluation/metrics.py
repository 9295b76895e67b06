"""Everything that is measured of a system: pure functions of the per-item table.

A metric is known by the name of its function; what it returns fits into JSON. Here are
those of recognition, shares without a unit; `likeness` holds the others.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special
from jaxtyping import Bool, Float32, Int

from cmgan_jax.evaluation import likeness
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.table import Table

Metric = Callable[[Table], Any]


def correct(table: Table, judge: str) -> Bool[np.ndarray, " n"]:
    """Where a judge sees the class of the source in the generated target."""
    return table.guess[judge] == table.label


def strictest(table: Table) -> str:
    """The judge that finds fewest targets right; of equals the first."""
    return min(table.judges, key=lambda judge: correct(table, judge).mean())


def headline(table: Table) -> dict[str, Any]:
    """The accuracy to quote: that of the strictest judge, in [0, 1], higher is better.

    Returns:
      {"judge", "accuracy", "interval"} with the 95 % interval over songs.
    """
    judge = strictest(table)
    return {"judge": judge} | accuracy(table)[judge]


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


def real_accuracy(table: Table) -> dict[str, float]:
    """The same of the real targets of the same pairs: about the best to hope for."""
    return {
        judge: float((table.real_guess[judge] == table.label).mean())
        for judge in table.judges
    }


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


def confusion(table: Table) -> dict[str, list[list[int]]]:
    """Name of each judge -> counts [class of the source][class that was seen]."""
    m, counts = len(table.class_names), {}
    for judge in table.judges:
        matrix = np.zeros((m, m), int)
        np.add.at(matrix, (table.label, table.guess[judge]), 1)
        counts[judge] = matrix.tolist()
    return counts


def missing_modality(table: Table) -> dict[str, dict[str, float]]:
    """What a classifier of both modalities knows when one of them is generated.

    Hao et al. 2018, table of the classification with a missing modality. The two judges
    of a name are asked together: the class with the greatest sum of their log
    probabilities counts.

    Returns:
      Name of each judge -> accuracies in [0, 1] on "source" alone, "real" target alone,
      "source_and_real" and "source_and_generated"; no judge that is not there in both
      modalities.
    """
    found = {}
    for judge in table.judges:
        if judge not in table.source_logits:
            continue
        source, real, made = (
            scipy.special.log_softmax(logits[judge], axis=-1)
            for logits in (table.source_logits, table.real_logits, table.logits)
        )
        asked = {
            "source": source,
            "real": real,
            "source_and_real": source + real,
            "source_and_generated": source + made,
        }
        found[judge] = {
            name: float((np.argmax(seen, axis=-1) == table.label).mean())
            for name, seen in asked.items()
        }
    return found


def pitch_right(table: Table) -> Bool[np.ndarray, " p"]:
    """Where a target is read within a semitone of its source's pitch, of `pitch_row`.

    Within: the nearest note is the source's or one of its two neighbours.
    """
    return _near(table.read_pitch, table.pitch[table.pitch_row])


def pitch_kept(table: Table) -> dict[str, float | int | list[float] | None]:
    """How often the pitch of the source is read off its target, within a semitone.

    What the class does not say. A regression that learnt from the judges' rows reads
    the notes (`pitch_reader`).

    Returns:
      {"within_semitone", "interval" [low, high], "real": the same of the real targets,
      about the best to hope for where a pair is one moment, "chance": where the pitch
      of another source of the class is asked for, "n" sources}; None where no pitch
      is known.
    """
    rows = table.pitch_row
    if len(rows) == 0:
        unknown = ("within_semitone", "interval", "real", "chance")
        return dict.fromkeys(unknown) | {"n": 0}
    pitch, label = table.pitch[rows], table.label[rows]
    right = pitch_right(table)
    return {
        "within_semitone": float(right.mean()),
        "interval": list(interval(right, table.song[rows])),
        "real": float(_near(table.real_read_pitch, pitch).mean()),
        "chance": float(_near(of_another(pitch, label), pitch).mean()),
        "n": len(rows),
    }


def of_another(
    values: Float32[np.ndarray, " n"], label: Int[np.ndarray, " n"]
) -> Float32[np.ndarray, " n"]:
    """What another row of the class has: half the class away, so of another song.

    Args:
      values: of rows in the order of their songs.
      label: class of every row.
    """
    other = np.empty_like(values)
    for one in np.unique(label):
        own = values[label == one]
        other[label == one] = np.roll(own, max(1, len(own) // 2))
    return other


def _near(read: np.ndarray, pitch: np.ndarray) -> Bool[np.ndarray, " p"]:
    """Within a semitone and a half; a pitch that nobody read is not."""
    return np.abs(read - pitch) < 1.5


def _classes(table: Table):
    """Name and rows of every class that has any."""
    for label, name in enumerate(table.class_names):
        rows = table.label == label
        if rows.any():
            yield name, rows


METRICS: dict[str, Metric] = {
    function.__name__: function
    for function in (
        headline,
        accuracy,
        real_accuracy,
        per_class,
        worst_class,
        confusion,
        missing_modality,
        pitch_kept,
        likeness.diversity,
        likeness.feature_diversity,
        likeness.distance_to_real,
        likeness.frechet,
        likeness.precision_recall,
        likeness.nearest_training_item,
        likeness.response_to_noise,
    )
}


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
