"""Trains and stores the judges of a data set: classifiers of its real media.

    python -m cmgan_jax judge --data=data/pocket_orchestra

They score every system trained on this data set. evaluate trains them itself if they
are missing; this verb does it beforehand, so that training can log judged accuracy.
"""

from absl import flags

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation import judges

DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
STEPS = flags.DEFINE_integer(
    "steps",
    judges.STEPS,
    "Updates of a judge that is not stored yet. Embedded data needs few; to train a "
    "stored judge anew, delete the folder judges beside the data.",
    lower_bound=1,
)


def main() -> None:
    """Trains what is missing and prints the accuracies."""
    prepared = open_prepared(DATA.value)
    for modality in judges.MODALITIES:
        judge = judges.require_judge(prepared, modality, steps=STEPS.value)
        print(
            f"judge of {modality}s: {judge.accuracy:.4f} of {judge.n:,} real test items"
        )
