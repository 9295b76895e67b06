"""Everything the report shows, gathered from finished and evaluated runs."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.evaluation.evaluate_run import read_result, result_path
from cmgan_jax.evaluation.judges import require_judges, test_splits
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.reporting.examples import make_examples
from cmgan_jax.reporting.page import DirectionReport, Report
from cmgan_jax.runs import model as trained
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.phases import scored
from cmgan_jax.runs.record import RECORD_FILE, versions
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime.names import command
from cmgan_jax.signals.direction import DIRECTIONS, Direction

# What results.json keeps of every evaluation.
KEPT = ("n", "songs", "chance", "judges", "labels_in_training", "made_from")
MEASURED = ("headline", "accuracy", "real_accuracy", "worst_class", "diversity")


def gather(folder: Path, *, per_class: int, samples: int) -> Report:
    """The report of one workdir, or of the workdirs s2i and i2s in a folder.

    Args:
      folder: a workdir, or what holds them, or one of them.
      per_class: examples of each class.
      samples: generated targets of each example.

    Raises:
      FileNotFoundError: no workdir, or one that is not evaluated as it is now.
    """
    models = [trained.load(workdir) for workdir in _workdirs(folder)]
    first = models[0].record
    return Report(
        dataset=first.dataset,
        made=datetime.datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
        command=command(
            "report", run=folder, per_class=str(per_class), samples=str(samples)
        ),
        directions=tuple(
            _direction(model, direction, per_class=per_class, samples=samples)
            for model in models
            for direction in model.system.directions
        ),
        sample_rate=first.representation.sample_rate,
        configuration={
            model.record.config["direction"]: model.record.config for model in models
        },
        versions=versions(),
    )


def _workdirs(folder: Path) -> list[Path]:
    if (folder / RECORD_FILE).exists():
        return [folder]
    found = [folder / name for name in DIRECTIONS]
    found = [workdir for workdir in found if (workdir / RECORD_FILE).exists()]
    if not found:
        raise FileNotFoundError(
            f"{folder} is no workdir and holds no workdir s2i or i2s. Train with "
            f"--workdir={folder / 's2i'}, evaluate it, then report."
        )
    return found


def results(report: Report) -> dict[str, Any]:
    """The numbers of a report, ready for JSON.

    Returns:
      {direction: {split: ...}}, "versions" and "configuration".
    """
    table: dict[str, Any] = {}
    for part in report.directions:
        table[part.direction] = {
            evaluation["split"]: {
                **{name: evaluation[name] for name in KEPT},
                **{name: evaluation["metrics"][name] for name in MEASURED},
            }
            for evaluation in part.evaluations
        }
    return table | {
        "versions": dict(report.versions),
        "configuration": dict(report.configuration),
    }


def _direction(
    model: Model, direction: Direction, *, per_class: int, samples: int
) -> DirectionReport:
    prepared = open_prepared(model.record.data)
    evaluations = _evaluations(model, prepared, direction)
    examples = make_examples(
        model,
        require_judges(prepared, direction.target),
        prepared,
        direction=direction,
        split=evaluations[0]["split"],
        per_class=per_class,
        samples=samples,
        waveforms=waveform_maker(prepared.representation),
    )
    return DirectionReport(
        direction=direction.name,
        workdir=str(model.workdir),
        evaluations=evaluations,
        metrics=tuple(
            _of_direction(line, direction) for line in MetricsWriter.read(model.workdir)
        ),
        examples=examples,
    )


def _of_direction(line: Mapping[str, Any], direction: Direction) -> dict[str, Any]:
    """What a run of both directions logs of one of them, named as by a run of one."""
    ending = scored("", direction.name)
    return {name.removesuffix(ending): value for name, value in line.items()}


def _evaluations(
    model: Model, prepared: PreparedData, direction: Direction
) -> tuple[dict[str, Any], ...]:
    """Results of the full protocol on every test split, of what is there now."""
    found = []
    for split in test_splits(prepared):
        path = result_path(model, split, protocol="full", direction=direction)
        result = read_result(path)
        made_from = (result or {}).get("made_from", {})
        now = {"checkpoint": model.digest, "data": prepared.digest}
        if {name: made_from.get(name) for name in now} != now:
            raise FileNotFoundError(
                f"{model.workdir} is not evaluated on its {split} split as it is now: "
                f"run {command('evaluate', workdir=model.workdir)}"
            )
        found.append(result)
    return tuple(found)
