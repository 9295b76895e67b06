"""How a trained system is scored on one split, and what is kept of it.

"full": every source, the judges of the data set, everything in `metrics`. "original":
what the authors measured, one fixed batch of 64 under the run's own classifier.
"shuffled": the full one, from sources of another class: the floor of every measure.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cmgan_jax.data.integrity import require_whole
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation import metrics
from cmgan_jax.evaluation.judge_training import rows_for_judges
from cmgan_jax.evaluation.judges import TEST_SPLITS, Judge, require_judges, test_splits
from cmgan_jax.evaluation.one_pass import make_table
from cmgan_jax.evaluation.original import judges_itself, original
from cmgan_jax.evaluation.table import Table
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime import processes
from cmgan_jax.runtime.outputs import is_writable
from cmgan_jax.runtime.whole_file import read_json, write_json
from cmgan_jax.signals.direction import DIRECTIONS, Direction
from cmgan_jax.signals.representation import require_same

__all__ = ["PROTOCOLS", "TEST_SPLITS", "evaluate_run", "read_result"]

PROTOCOLS = ("full", "original", "shuffled")
VERSION = 6  # of what is measured; a result of another version is made anew


def evaluate_run(
    model: Model,
    prepared: PreparedData,
    *,
    split: str,
    protocol: str = "full",
    direction: Direction | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Scores a model on a split, or finds that exactly this was done before.

    Writes WORKDIR/evaluation/SPLIT.json and, for the full protocol, SPLIT_items.npz
    with a row per source; where nothing can be written, says so first. They are made
    anew when the checkpoint, the data, a judge or an argument is another than the one
    they were made from.

    Args:
      model: a trained system.
      prepared: data with the model's representation and classes.
      split: name of the split.
      protocol: one of PROTOCOLS.
      direction: needed where the system knows several.
      seed: of the noise.

    Returns:
      "protocol", "direction", "split", "n", "songs", "chance", "class_names",
      "judges" {name: {"rows", "real"}}, "metrics" by name, "labels_in_training" (how
      labels help the generator to be recognised), "made_from". Of the original
      protocol: see `original`.

    Raises:
      ValueError: an unknown protocol or split, data the model does not fit, or arrays
        that are not as they were prepared.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(
            f"protocol {protocol!r} is unknown; known: {', '.join(PROTOCOLS)}."
        )
    prepared.split(split)
    require_fitting(model, prepared)
    # What is stored may be of these data before they changed.
    require_whole(prepared.path, (split,))
    direction = direction or model.direction
    asked = () if protocol == "original" else (direction.target, direction.source)
    judges = {modality: require_judges(prepared, modality) for modality in asked}
    made_from = _made_from(model, prepared, judges, direction, protocol, seed)
    path = result_path(model, split, protocol=protocol, direction=direction)
    items = path.with_name(f"{path.stem}_items.npz")
    whole = [path] if protocol == "original" else [path, items]
    stored = processes.by_first(lambda: _stored(whole, made_from))
    if stored:
        return stored
    kept = processes.by_first(lambda: is_writable(path.parent))
    if not kept:
        said = "cannot be written to: what is measured is returned and not kept."
        print(f"{path.parent} {said}", file=sys.stderr, flush=True)
    head = {"protocol": protocol, "direction": direction.name, "split": split}
    common = {"split": split, "direction": direction, "seed": seed}
    if protocol != "original":
        # There nearest items are looked for, and what reads notes learns.
        require_whole(prepared.path, ("train", rows_for_judges(prepared)))
        shuffled = protocol == "shuffled"
        table = make_table(model, judges, prepared, shuffled=shuffled, **common)
        if kept:
            processes.by_first(lambda: table.save(items))
        body = _measured(table, judges[direction.target])
    else:
        body = original(model, prepared, **common)
    result = (
        head
        | body
        | {
            "chance": 1.0 / len(prepared.class_names),
            "class_names": list(prepared.class_names),
            "labels_in_training": list(model.system.labels_used),
            "judges_itself": protocol == "original" and judges_itself(model, direction),
            "made_from": made_from,
        }
    )
    if kept:
        processes.by_first(lambda: write_json(path, result))
    return result


def _stored(files: Sequence[Path], made_from: dict[str, Any]) -> dict[str, Any] | None:
    """The result in the first of some files, if all are there and it is current."""
    result = read_result(files[0])
    whole = all(file.exists() for file in files)
    return result if result and whole and result["made_from"] == made_from else None


def require_splits(prepared: PreparedData) -> list[str]:
    """The test splits of a data set.

    Raises:
      ValueError: it has none; lists the splits there are.
    """
    found = test_splits(prepared)
    if not found:
        raise ValueError(
            f"{prepared.path} has no split {' or '.join(TEST_SPLITS)}, only "
            f"{', '.join(prepared.splits)}: name one with --split."
        )
    return found


def read_result(path: Path) -> dict[str, Any] | None:
    """A stored result of this version of the software; None where there is none."""
    if not path.exists():
        return None
    try:
        result = read_json(path)
    except ValueError:
        return None
    known = isinstance(result.get("made_from"), dict)
    return result if known and result["made_from"].get("version") == VERSION else None


def read_results(
    workdir: Path, split: str, *, protocol: str = "full"
) -> list[tuple[Path, dict[str, Any]]]:
    """Files of a run's results on a split, in every direction, and what they say."""
    found = []
    for direction in ("", *DIRECTIONS):
        path = _path(Path(workdir), split, protocol=protocol, direction=direction)
        result = read_result(path)
        if result is not None:
            found.append((path, result))
    return found


def is_evaluated(workdir: Path, splits: Sequence[str]) -> bool:
    """Whether a run has results of the full protocol on all of the splits."""
    return all(read_results(workdir, split) for split in splits)


def result_path(
    model: Model, split: str, *, protocol: str, direction: Direction
) -> Path:
    """Where a result is stored; the direction is named where there are several."""
    several = len(model.system.directions) > 1
    named = direction.name if several else ""
    return _path(model.workdir, split, protocol=protocol, direction=named)


def _path(workdir: Path, split: str, *, protocol: str, direction: str) -> Path:
    prefix = f"{direction}_" if direction else ""
    suffix = "" if protocol == "full" else f"_{protocol}"
    return workdir / "evaluation" / f"{prefix}{split}{suffix}.json"


def require_fitting(model: Model, prepared: PreparedData) -> None:
    """Refuses data that a model was not made for.

    Raises:
      ValueError: says which parameters of the representation or classes differ.
    """
    record = model.record
    require_same(
        record.representation,
        prepared.representation,
        first_is=f"the run {model.workdir}",
        second_is=f"the data {prepared.path}",
    )
    if record.class_names != prepared.class_names:
        raise ValueError(
            f"the run knows the classes {list(record.class_names)}, the data "
            f"{list(prepared.class_names)}: evaluate on data with the same classes."
        )


def _made_from(
    model: Model,
    prepared: PreparedData,
    judges: Mapping[str, tuple[Judge, ...]],
    direction: Direction,
    protocol: str,
    seed: int,
) -> dict[str, Any]:
    return {
        "version": VERSION,
        "protocol": protocol,
        "direction": direction.name,
        "seed": seed,
        "step": model.step,
        "checkpoint": model.digest,
        "data": prepared.digest,
        "judges": {
            modality: {judge.name: judge.digest for judge in found}
            for modality, found in judges.items()
        },
    }


def _measured(table: Table, judges: tuple[Judge, ...]) -> dict[str, Any]:
    return {
        "n": len(table),
        "songs": len(set(table.song.tolist())),
        "judges": {
            judge.name: {
                "rows": judge.rows,
                "real": {name: dict(entry) for name, entry in judge.real.items()},
            }
            for judge in judges
        },
        "metrics": metrics.measure(table),
    }
