"""Scores a trained system on complete splits that training never saw.

    python -m cmgan_jax evaluate --workdir=runs/s2i

Every source gets one generated target; two judges, classifiers disjoint from the model
and trained on real media, say what it shows, and the stricter one counts. Both test
splits are scored unless --split names one. Writes WORKDIR/evaluation/SPLIT.json; what
is done already for this checkpoint, these data and these judges is only printed.
"""

from absl import flags

from cmgan_jax.cli import processes
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.evaluate_run import PROTOCOLS, evaluate_run, require_splits
from cmgan_jax.evaluation.wording import lines
from cmgan_jax.runs import model as trained
from cmgan_jax.runtime.outputs import is_writable
from cmgan_jax.training.rng import MOST_SEED

WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of a trained run.", required=True
)
SPLIT = flags.DEFINE_multi_string(
    "split", [], "Split to score; may be given several times. All test splits if none."
)
DATA = flags.DEFINE_string(
    "data", None, "Folder of prepared data, if not where the run was trained."
)
SEED = flags.DEFINE_integer(
    "seed", 0, "Of the noise.", lower_bound=0, upper_bound=MOST_SEED
)
PROTOCOL = flags.DEFINE_enum(
    "protocol",
    "full",
    list(PROTOCOLS),
    "full: every item, disjoint judges, intervals, diversity. original: the authors' "
    "64 fixed items and the run's own classifier. shuffled: every item, from a source "
    "of another class: what the numbers are worth without the source.",
)
flags.adopt_module_key_flags(processes)
HELP = {
    "What goes in": (WORKDIR, DATA, SPLIT),
    "How it is scored": (PROTOCOL, SEED),
    **processes.HELP,
}


def main() -> None:
    """Scores, writes and prints."""
    processes.start()
    model = trained.load(WORKDIR.value)
    prepared = open_prepared(DATA.value or model.record.data)
    for split in SPLIT.value or require_splits(prepared):
        for direction in model.system.directions:
            result = evaluate_run(
                model,
                prepared,
                split=split,
                protocol=PROTOCOL.value,
                direction=direction,
                seed=SEED.value,
            )
            print("\n".join(lines(result)))
    if is_writable(folder := model.workdir / "evaluation"):
        print(f"Written to {folder}.")
