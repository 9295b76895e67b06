"""Trains and stores the judges of a data set: classifiers of its real media.

    python -m cmgan_jax judge --data=data/pocket_orchestra

They score every system trained on this data set. evaluate trains them itself if they
are missing; this verb does it beforehand, so that training can log judged accuracy.
"""

from absl import flags

from cmgan_jax.cli import processes
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation import judges
from cmgan_jax.signals.direction import MODALITIES

DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
MODALITY = flags.DEFINE_multi_enum(
    "modality",
    list(MODALITIES),
    MODALITIES,
    "Whose judges; given twice, both. Those of pictures and those of sounds can be "
    "trained by two processes at once.",
)
STEPS = flags.DEFINE_integer(
    "steps",
    None,
    f"Updates of a judge that is not stored yet; by default {judges.STEPS:,}, and none "
    "on the embedded data, whose judges are in the package. To train a stored judge "
    "anew, delete the folder judges beside the data.",
    lower_bound=1,
)
flags.adopt_module_key_flags(processes)
HELP = {
    "What goes in": (DATA, MODALITY),
    "How it is made": (STEPS,),
    **processes.HELP,
}


def main() -> None:
    """Trains what is missing and prints the accuracies."""
    processes.start()
    prepared = open_prepared(DATA.value)
    for modality in MODALITY.value:
        for judge in judges.require_judges(prepared, modality, steps=STEPS.value):
            real = "  ".join(
                f"{split} {entry['accuracy']:.4f} of {entry['n']:,}"
                for split, entry in judge.real.items()
            )
            print(
                f"{judge.name} judge of {modality}s, trained on {judge.rows} rows: "
                f"real items: {real or 'no test split'}"
            )
