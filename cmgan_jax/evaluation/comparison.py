"""Several systems in one table, each compared with the first on the same windows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmgan_jax.evaluation.intervals import difference
from cmgan_jax.evaluation.learning import reached
from cmgan_jax.evaluation.metrics import correct, strictest
from cmgan_jax.evaluation.summary import Run, mean_over, read_runs, summarise_runs
from cmgan_jax.runs.writers import MetricsWriter

SHUFFLED = "shuffled"


def compare(
    workdirs: Mapping[str, Sequence[Path]], splits: Sequence[str]
) -> dict[str, Any]:
    """What evaluations of the runs of several systems say, by system.

    Args:
      workdirs: name of a system -> its runs, evaluated on all of the splits; the others
        are compared with the first. With others beside it, its targets of shuffled
        sources are a system too, where they are evaluated.
      splits: names.

    Returns:
      {system: {direction: {split: see `summarise_runs`}}}, ready for JSON, with "runs",
      the workdirs, the "protocol" of their evaluation, and "learning", how soon they
      were good (`learning.reached`). Of all but the first "against" says {"system",
      "seeds", "mean", "interval"}: how much higher the headline is, of as many runs as
      both have.

    Raises:
      FileNotFoundError: a run is not evaluated on a split.
      ValueError: runs were scored on different data or by different judges.
    """
    reference = next(iter(workdirs), "")
    found = {
        name: {split: read_runs(runs, split) for split in splits}
        for name, runs in workdirs.items()
    }
    if len(workdirs) > 1:
        floor = {
            split: read_runs(workdirs[reference], split, protocol=SHUFFLED)
            for split in splits
        }
        if all(floor.values()):
            found[f"{reference}, shuffled sources"] = floor
    results: dict[str, Any] = {}
    for name, by_split in found.items():
        for split, by_direction in by_split.items():
            for direction, runs in by_direction.items():
                entry = summarise_runs([run for _, run in runs])
                entry["protocol"] = runs[0][1][0]["protocol"]
                entry["runs"] = [str(workdir) for workdir, _ in runs]
                entry["learning"] = _learning(entry["runs"], direction)
                base = found[reference][split].get(direction, [])
                pairs = list(zip(runs, base, strict=False))
                if name != reference and pairs:
                    entry["against"] = {"system": reference} | _difference(
                        [run for (_, run), _ in pairs], [run for _, (_, run) in pairs]
                    )
                results.setdefault(name, {}).setdefault(direction, {})[split] = entry
    return results


def _learning(workdirs: Sequence[str], direction: str) -> dict[str, Any]:
    """Means of what `reached` says of the runs."""
    found = [reached(MetricsWriter.read(Path(one)), direction) for one in workdirs]
    return {level: mean_over([run[level] for run in found]) for level in found[0]}


def _difference(runs: Sequence[Run], base: Sequence[Run]) -> dict[str, Any]:
    """How much higher the headline of the first is, run by run and window by window."""
    one, other = (
        np.concatenate([correct(table, strictest(table)) for _, table in some])
        for some in (runs, base)
    )
    song = np.concatenate([table.song for _, table in base])
    seed = np.repeat(np.arange(len(base)), [len(table) for _, table in base])
    return {
        "seeds": len(base),
        "mean": float(one.mean() - other.mean()),
        "interval": list(difference(one, other, song, seed=seed)),
    }
