"""Writes one page to look at and listen to, and results.json, from finished runs.

    python -m cmgan_jax report --run=runs/quickstart

RUN holds the workdirs s2i and i2s, or one of them, each trained and evaluated. Writes
RUN/report/index.html, which needs no network and no other file, and RUN/results.json.
"""

import json
from pathlib import Path

from absl import flags

from cmgan_jax.data.items import DIRECTIONS
from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.evaluation.judges import require_judge
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.reporting.examples import make_examples
from cmgan_jax.reporting.page import DirectionReport, Report, render
from cmgan_jax.runs import model as trained
from cmgan_jax.runs.model import TrainedSystem
from cmgan_jax.runs.record import versions
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime.names import command
from cmgan_jax.runtime.outputs import require_replaceable
from cmgan_jax.runtime.whole_file import write_json, write_text

RUN = flags.DEFINE_string("run", "runs/quickstart", "Folder of the workdirs.")
PER_CLASS = flags.DEFINE_integer(
    "per_class", 2, "Examples of each class.", lower_bound=1
)
SAMPLES = flags.DEFINE_integer(
    "samples", 2, "Generated targets of each example.", lower_bound=1
)
EXAMPLE_SPLIT = "test"


def main() -> None:
    """Gathers, renders and prints the table."""
    run = Path(RUN.value)
    found = [name for name in DIRECTIONS if (run / name / "config.json").exists()]
    if not found:
        raise FileNotFoundError(
            f"{run} holds no workdir s2i or i2s. Train with --workdir={run / 's2i'}, "
            "evaluate it, then report."
        )
    page_file, results_file = run / "report" / "index.html", run / "results.json"
    require_replaceable([page_file, results_file])
    systems = {name: trained.load(run / name) for name in found}
    data = {name: open_prepared(system.record.data) for name, system in systems.items()}
    directions = {name: _direction(systems[name], data[name]) for name in found}
    first = systems[found[0]].record
    page = render(
        Report(
            dataset=first.dataset,
            directions=tuple(directions.values()),
            sample_rate=first.representation.sample_rate,
            configuration={name: systems[name].record.config for name in found},
            versions=versions(),
        )
    )
    write_text(page_file, page)
    results = {name: directions[name].evaluations[0] for name in found}
    write_json(results_file, _results(results, systems))
    _print(results, run)


def _direction(system: TrainedSystem, prepared: PreparedData) -> DirectionReport:
    direction = system.record.direction
    judge = require_judge(prepared, "image" if direction == "s2i" else "sound")
    examples = make_examples(
        system,
        judge.logits,
        prepared,
        split=EXAMPLE_SPLIT,
        per_class=PER_CLASS.value,
        samples=SAMPLES.value,
        waveforms=waveform_maker(prepared.representation),
    )
    return DirectionReport(
        direction=direction,
        evaluations=_evaluations(system.workdir),
        metrics=tuple(MetricsWriter.read(system.workdir)),
        examples=examples,
    )


def _evaluations(workdir: Path) -> tuple[dict, ...]:
    """Full-protocol results, the test split first."""
    files = sorted(
        (workdir / "evaluation").glob("*.json"),
        key=lambda path: (path.stem != EXAMPLE_SPLIT, path.stem),
    )
    results = [json.loads(path.read_text()) for path in files]
    full = tuple(result for result in results if result["protocol"] == "full")
    if not full or full[0]["split"] != EXAMPLE_SPLIT:
        raise FileNotFoundError(
            f"{workdir} is not evaluated on its {EXAMPLE_SPLIT} split: run "
            f"{command('evaluate', workdir=workdir)}"
        )
    return full


def _results(results: dict[str, dict], systems: dict[str, TrainedSystem]) -> dict:
    kept = ("accuracy", "interval", "n", "songs", "chance", "split", "judge", "step")
    table = {
        name: {field: result[field] for field in kept}
        for name, result in results.items()
    }
    return table | {
        "versions": versions(),
        "configuration": {name: s.record.config for name, s in systems.items()},
    }


def _print(results: dict[str, dict], run: Path) -> None:
    print("direction  accuracy  95 % interval    n       chance  judge on real")
    for name, result in results.items():
        low, high = result["interval"]
        print(
            f"{name:<9}  {result['accuracy']:<8.4f}  {low:.4f} to {high:.4f}  "
            f"{result['n']:<6,}  {result['chance']:<6.3f}  "
            f"{result['judge']['accuracy']:.4f}"
        )
    print(f"Look and listen: {run / 'report' / 'index.html'}")
