"""The same configuration from several seeds: trained, evaluated, in one table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.evaluate_run import evaluate_run
from cmgan_jax.evaluation.judges import require_judges, test_splits
from cmgan_jax.evaluation.summary import as_markdown, summarise
from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs.adoption import shared_settings
from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.runtime.outputs import MARK, require_replaceable
from cmgan_jax.runtime.whole_file import write_json, write_text
from cmgan_jax.signals.direction import MODALITIES


def run_name(config: Mapping[str, Any]) -> str:
    """Folder of the run of a configuration, such as "sa_cmgan_s2i_seed0"."""
    return f"{config['name']}_{config['direction']}_seed{config['seed']}"


def reproduce(
    configs: Sequence[Mapping[str, Any]], prepared: PreparedData, folder: Path
) -> str:
    """Trains and evaluates every configuration and writes results.json and .md.

    Args:
      configs: every field of each run, alike but for direction and seed.
      prepared: the data set.
      folder: of the workdirs, one for each run, and of the table.

    Returns:
      The table as Markdown.

    Raises:
      ValueError: the folder holds such a table that somebody else wrote.
      Interrupted: asked to stop; the same call goes on from there.
    """
    require_replaceable([folder / "results.json", folder / "results.md"])
    splits = test_splits(prepared)
    # First, so that training can log what they see.
    for modality in MODALITIES:
        require_judges(prepared, modality)
    workdirs: list[Path] = []
    first: dict[str, Path] = {}
    for number, config in enumerate(configs, start=1):
        workdir = folder / run_name(config)
        print(f"[{number}/{len(configs)}] {workdir}", flush=True)
        # Runs alike but for their direction share what does not depend on it.
        alike = json.dumps(shared_settings(config), sort_keys=True)
        other = first.setdefault(alike, workdir)
        train_run(
            config,
            prepared,
            workdir,
            make_sample=make_sample,
            recognisers_from=other if other != workdir else None,
        )
        model = load(workdir)
        for split in splits:
            evaluate_run(model, prepared, split=split)
        workdirs.append(workdir)
    summary = summarise(workdirs, splits)
    table = as_markdown(summary)
    write_json(folder / "results.json", summary | {"written_by": MARK})
    write_text(folder / "results.md", f"{table}\n<!-- written by {MARK} -->\n")
    return table
