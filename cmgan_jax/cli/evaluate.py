"""Scores a trained system on a complete split.

    python -m cmgan_jax evaluate --workdir=runs/s2i --split=test

Every source of the split gets one generated target; a judge, a classifier disjoint
from the model and trained on real media, says what it shows. Writes
WORKDIR/evaluation/SPLIT.json; done already for this checkpoint, it only prints it.
"""

import json
from pathlib import Path

from absl import flags

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation import protocols
from cmgan_jax.evaluation.judges import require_judge
from cmgan_jax.runs import model as trained
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.representation import require_same

WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of a trained run.", required=True
)
SPLIT = flags.DEFINE_string("split", "test", "Split to score, complete.")
DATA = flags.DEFINE_string(
    "data", None, "Folder of prepared data, if not where the run was trained."
)
PROTOCOL = flags.DEFINE_enum(
    "protocol",
    "full",
    ["full", "original"],
    "full: every item, a disjoint judge, an interval. original: the authors' 64 fixed "
    "items and the run's own classifier.",
)


def main() -> None:
    """Scores, writes and prints."""
    system = trained.load(WORKDIR.value)
    record = system.record
    prepared = open_prepared(DATA.value or record.data)
    require_same(
        record.representation,
        prepared.representation,
        first_is=f"the run {WORKDIR.value}",
        second_is=f"the data {prepared.path}",
    )
    if record.class_names != prepared.class_names:
        raise ValueError(
            f"the run knows the classes {list(record.class_names)}, the data "
            f"{list(prepared.class_names)}: evaluate on data with the same classes."
        )
    suffix = "" if PROTOCOL.value == "full" else "_original"
    path = system.workdir / "evaluation" / f"{SPLIT.value}{suffix}.json"
    made_from = {"step": system.step, "data": str(prepared.path.resolve())}
    if not _is_current(path, made_from):
        score = _full if PROTOCOL.value == "full" else _original
        write_json(path, score(system, prepared) | made_from)
    _print(json.loads(path.read_text()), path)


def _is_current(path: Path, made_from: dict) -> bool:
    if not path.exists():
        return False
    stored = json.loads(path.read_text())
    return all(stored[name] == value for name, value in made_from.items())


def _full(system: trained.TrainedSystem, prepared) -> dict:
    direction = system.record.direction
    judge = require_judge(prepared, "image" if direction == "s2i" else "sound")
    return protocols.full(
        system.generate, judge, prepared, split=SPLIT.value, direction=direction
    )


def _original(system: trained.TrainedSystem, prepared) -> dict:
    return protocols.original(
        system.generate,
        trained.load_classifier(system, "target"),
        prepared,
        split=SPLIT.value,
        direction=system.record.direction,
    )


def _print(result: dict, path: Path) -> None:
    interval = ""
    if "interval" in result:
        low, high = result["interval"]
        interval = f"  95 % interval {low:.3f} to {high:.3f}"
    print(
        f"{result['direction']} {result['split']} ({result['protocol']} protocol): "
        f"accuracy {result['accuracy']:.4f}{interval}  n {result['n']:,}  "
        f"chance {result['chance']:.3f}  ({path})"
    )
