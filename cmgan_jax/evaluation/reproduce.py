"""A grid of runs, systems by directions by seeds: trained, evaluated, in one table."""

import fnmatch
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.comparison import SHUFFLED, compare
from cmgan_jax.evaluation.evaluate_run import evaluate_run, is_evaluated
from cmgan_jax.evaluation.judges import require_judges, test_splits
from cmgan_jax.evaluation.markdown import as_markdown
from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs.adoption import shared_settings
from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.runtime.lock import HeldError
from cmgan_jax.runtime.outputs import MARK, require_replaceable
from cmgan_jax.runtime.whole_file import write_json, write_text
from cmgan_jax.signals.direction import MODALITIES

Config = Mapping[str, Any]
Results = Mapping[str, Any]
WRITTEN = ("results.json", "results.md", "index.html")


def run_name(config: Config) -> str:
    """Name of a cell and of its workdir, such as "sa_cmgan_s2i_seed0"."""
    return f"{config['name']}_{config['direction']}_seed{config['seed']}"


def reproduce(
    configs: Sequence[Config],
    prepared: PreparedData,
    folder: Path,
    *,
    page: Callable[[Results], str],
    cells: str = "*",
) -> str:
    """Trains and evaluates every configuration; writes results.json, .md and a page.

    What is finished is not made again; what another process works on is left to it; a
    cell that fails does not keep the others from being made.

    Args:
      configs: every field of each run; of the first system, the others are compared
        with it, and it is fed shuffled sources too where there are others.
      prepared: the data set.
      folder: of the workdirs, one for each run, and of the table.
      page: what `compare` found -> index.html, to look at and listen to.
      cells: pattern of the names of the cells to make, as of files; the table holds all
        that are finished.

    Returns:
      The table as Markdown.

    Raises:
      ValueError: the folder holds such a table that somebody else wrote, no cell has
        such a name, or cells failed; the table of the others is written then.
      Interrupted: asked to stop; the same call goes on from there.
    """
    require_replaceable([folder / name for name in WRITTEN])
    chosen = [c for c in configs if fnmatch.fnmatchcase(run_name(c), cells)]
    if not chosen:
        raise ValueError(
            f"--cells={cells} is the name of no cell; there are "
            f"{', '.join(map(run_name, configs))}."
        )
    # First, so that training can log what they see.
    for modality in MODALITIES:
        require_judges(prepared, modality)
    failed = _make(chosen, configs, prepared, folder)
    table = _write_table(configs, prepared, folder, failed, page)
    if failed:
        told = "\n".join(f"{name}: {error}" for name, error in failed.items())
        raise ValueError(
            f"{len(failed)} of {len(chosen)} cells failed, the others are in "
            f"{folder / 'results.md'}:\n{told}"
        )
    return table


def _make(
    chosen: Sequence[Config],
    configs: Sequence[Config],
    prepared: PreparedData,
    folder: Path,
) -> dict[str, str]:
    """Makes the cells chosen of all there are; name -> error of those that failed."""
    failed: dict[str, str] = {}
    several = len({config["name"] for config in configs}) > 1
    first: dict[str, Path] = {}
    for number, config in enumerate(chosen, start=1):
        workdir = folder / run_name(config)
        print(f"[{number}/{len(chosen)}] {workdir}", flush=True)
        # Runs alike but for their direction share what does not depend on it, once one
        # of them has it.
        alike = json.dumps(shared_settings(config), sort_keys=True)
        protocols = ["full"]
        if several and config["name"] == configs[0]["name"]:
            protocols.append(SHUFFLED)
        try:
            train_run(
                config,
                prepared,
                workdir,
                make_sample=make_sample,
                recognisers_from=first.get(alike),
            )
            first.setdefault(alike, workdir)
            _evaluate(workdir, prepared, protocols)
        except HeldError as error:
            print(f"left to another process: {error}", flush=True)
        except ValueError as error:
            print(f"failed: {error}", flush=True)
            failed[workdir.name] = str(error)
    return failed


def _evaluate(workdir: Path, prepared: PreparedData, protocols: Sequence[str]) -> None:
    model = load(workdir)
    for split in test_splits(prepared):
        for direction in model.system.directions:
            for protocol in protocols:
                evaluate_run(
                    model,
                    prepared,
                    split=split,
                    direction=direction,
                    protocol=protocol,
                )


def _write_table(
    configs: Sequence[Config],
    prepared: PreparedData,
    folder: Path,
    failed: Mapping[str, str],
    page: Callable[[Results], str],
) -> str:
    """Writes what is finished, and says what is not."""
    splits = test_splits(prepared)
    finished: dict[str, list[Path]] = {config["name"]: [] for config in configs}
    missing = []
    for config in configs:
        workdir = folder / run_name(config)
        if is_evaluated(workdir, splits):
            finished[config["name"]].append(workdir)
        elif workdir.name not in failed:
            missing.append(workdir.name)
    results = compare({name: runs for name, runs in finished.items() if runs}, splits)
    table = as_markdown(results)
    if missing:
        table += f"\nNot made yet: {', '.join(missing)}.\n"
    kept = {"systems": results, "missing": missing, "failed": dict(failed)}
    write_json(folder / "results.json", kept | {"written_by": MARK})
    write_text(folder / "results.md", f"{table}\n<!-- written by {MARK} -->\n")
    if results:
        write_text(folder / "index.html", page(results))
    return table
