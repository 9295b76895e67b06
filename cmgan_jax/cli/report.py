"""Writes one page to look at and listen to, and results.json, from finished runs.

    python -m cmgan_jax report --run=runs/quickstart

RUN is a workdir, or holds the workdirs s2i and i2s, or one of them; each is trained and
evaluated, in one direction or in both. Writes
RUN/report/index.html, which needs no network and no other file, and RUN/results.json.
"""

from pathlib import Path

from absl import flags

from cmgan_jax.evaluation.wording import lines
from cmgan_jax.reporting.gather import gather, results
from cmgan_jax.reporting.page import render
from cmgan_jax.runtime.outputs import require_replaceable
from cmgan_jax.runtime.whole_file import write_json, write_text

RUN = flags.DEFINE_string("run", "runs/quickstart", "A workdir, or the folder of two.")
PER_CLASS = flags.DEFINE_integer(
    "per_class", 1, "Examples of each class.", lower_bound=1
)
SAMPLES = flags.DEFINE_integer(
    "samples", 3, "Generated targets of each example.", lower_bound=1
)
HELP = {
    "What goes in": (RUN,),
    "What the page shows": (PER_CLASS, SAMPLES),
}


def main() -> None:
    """Gathers, writes and prints."""
    run = Path(RUN.value)
    page, table = run / "report" / "index.html", run / "results.json"
    require_replaceable([page, table])
    report = gather(run, per_class=PER_CLASS.value, samples=SAMPLES.value)
    write_text(page, render(report))
    write_json(table, results(report))
    for part in report.directions:
        for evaluation in part.evaluations:
            print("\n".join(lines(evaluation)))
    print(f"Look and listen: {page}")
