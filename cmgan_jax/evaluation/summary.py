"""Several runs of one system, which differ in their seed, in one line of a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmgan_jax.evaluation.evaluate_run import read_results
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.metrics import correct, pitch_right, strictest
from cmgan_jax.evaluation.table import Table

Run = tuple[dict[str, Any], Table]
AVERAGED = (
    "distance_to_real",
    "frechet",
    "precision_recall",
    "nearest_training_item",
    "response_to_noise",
)


def read_runs(
    workdirs: Sequence[Path], split: str, *, protocol: str = "full"
) -> dict[str, list[tuple[Path, Run]]]:
    """Evaluations of several runs on one split, by direction.

    Args:
      workdirs: of runs in one direction or several.
      split: its name.
      protocol: of the evaluations; of another than "full", runs may lack them.

    Raises:
      FileNotFoundError: a run is not evaluated on the split.
      ValueError: runs were scored on different data or by different judges.
    """
    by_direction: dict[str, list[tuple[Path, Run]]] = {}
    for workdir in workdirs:
        results = read_results(workdir, split, protocol=protocol)
        if not results and protocol == "full":
            raise FileNotFoundError(
                f"{workdir} is not evaluated on its {split} split: run "
                f"python -m cmgan_jax evaluate --workdir={workdir} --split={split}"
            )
        for path, result in results:
            items = Table.load(path.with_name(f"{path.stem}_items.npz"))
            run = (Path(workdir), (result, items))
            by_direction.setdefault(result["direction"], []).append(run)
    for found in by_direction.values():
        _require_comparable(found)
    return by_direction


def summarise_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """What several runs scored on one split.

    Args:
      runs: the result of `evaluate_run` and the per-item table of each.

    Returns:
      "headline": mean, least and most over the runs of the strictest judge's accuracy,
      and the 95 % interval of the mean over runs and songs. "judges": the same of each
      judge, and "real", its accuracy on the real targets. "worst_class": the least mean
      over runs of any class, and the least value of any run. "diversity": mean and
      least ratio over the runs. "pitch_kept": as the headline, with "real", "chance"
      and "n". Those of AVERAGED and "missing_modality": their means. "n" sources,
      "seeds" runs, "chance", labels used.
    """
    first, table = runs[0]
    tables = [table for _, table in runs]
    songs = [table.song for table in tables]
    own = [correct(table, strictest(table)) for table in tables]
    measured = [result["metrics"] for result, _ in runs]
    judges = {
        judge: _over_runs([correct(table, judge) for table in tables], songs)
        | {"real": float(np.mean([m["real_accuracy"][judge] for m in measured]))}
        | {"rows": first["judges"][judge]["rows"]}
        for judge in table.judges
    }
    return {
        "seeds": len(runs),
        "n": first["n"],
        "songs": first["songs"],
        "chance": first["chance"],
        "headline": _over_runs(own, songs),
        "judges": judges,
        "worst_class": _worst_class(measured),
        "diversity": _diversity(measured),
        "pitch_kept": _pitch_kept(tables, [m["pitch_kept"] for m in measured]),
        **{name: mean_over([m[name] for m in measured]) for name in AVERAGED},
        "missing_modality": {
            judge: mean_over([m["missing_modality"][judge] for m in measured])
            for judge in measured[0]["missing_modality"]
        },
        "labels_in_training": first["labels_in_training"],
    }


def _over_runs(right: list[np.ndarray], songs: list[np.ndarray]) -> dict[str, Any]:
    """Mean, least, most and interval of accuracies, runs being the outer level."""
    accuracies = [float(one.mean()) for one in right]
    seed = np.repeat(np.arange(len(right)), [len(one) for one in right])
    ends = interval(np.concatenate(right), np.concatenate(songs), seed=seed)
    return {
        "mean": float(np.mean(accuracies)),
        "least": min(accuracies),
        "most": max(accuracies),
        "interval": list(ends),
    }


def _worst_class(measured: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The class of the least mean over runs; in each run the stricter judge counts."""
    by_class: dict[str, list[float]] = {}
    for one in measured:
        judged = one["per_class"].values()
        for name in next(iter(judged)):
            strict = min(classes[name]["accuracy"] for classes in judged)
            by_class.setdefault(name, []).append(strict)
    means = {name: float(np.mean(values)) for name, values in by_class.items()}
    worst = min(means, key=means.get)
    least = min(by_class, key=lambda name: min(by_class[name]))
    return {
        "name": worst,
        "mean": means[worst],
        "least": {"name": least, "accuracy": min(by_class[least])},
        "per_class": means,
    }


def _diversity(measured: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean over the runs, and the least class of any run."""
    known = [m["diversity"] for m in measured if m["diversity"]["mean"] is not None]
    if not known:
        return {"mean": None, "least": None}
    least = min((one["least"] for one in known), key=lambda entry: entry["ratio"])
    return {
        "mean": float(np.mean([one["mean"] for one in known])),
        "least": least["ratio"],
        "least_class": least["name"],
    }


def _pitch_kept(
    tables: list[Table], measured: list[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Mean over the runs and its interval, "real" and "chance"; None where unknown."""
    if any(one["n"] == 0 for one in measured):
        return None
    songs = [table.song[table.pitch_row] for table in tables]
    known = [{name: one[name] for name in ("real", "chance", "n")} for one in measured]
    return _over_runs([pitch_right(table) for table in tables], songs) | mean_over(
        known
    )


def mean_over(found: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Mean over the runs of each number; None where it is not known of one of them."""
    return {
        name: (
            None
            if any(one[name] is None for one in found)
            else float(np.mean([one[name] for one in found]))
        )
        for name in found[0]
    }


def _require_comparable(found: list[tuple[Path, Run]]) -> None:
    first, (expected, _) = found[0]
    for workdir, (result, _) in found[1:]:
        for name in ("data", "judges"):
            if result["made_from"][name] != expected["made_from"][name]:
                raise ValueError(
                    f"{workdir} and {first} were scored with different {name}: "
                    "evaluate both again with what is there now."
                )
