"""Trains and stores the judges of a data set: classifiers of its real media.

    python -m cmgan_jax judge --data=data/pocket_orchestra

They score every system trained on this data set. evaluate trains them itself if they
are missing; this verb does it beforehand, so that training can log judged accuracy.
"""

from absl import flags

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import MODALITIES, require_judge

DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)


def main() -> None:
    """Trains what is missing and prints the accuracies."""
    prepared = open_prepared(DATA.value)
    for modality in MODALITIES:
        judge = require_judge(prepared, modality)
        print(
            f"judge of {modality}s: {judge.accuracy:.4f} of {judge.n:,} real test items"
        )
