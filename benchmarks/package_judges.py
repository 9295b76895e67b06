"""Puts the judges of the embedded data set into the package.

    python benchmarks/package_judges.py --data=data/pocket_orchestra

Trains what is missing first (`judge --steps=2000`).
"""

from absl import app, flags

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation import judges
from cmgan_jax.evaluation.judge_training import VARIABLES
from cmgan_jax.evaluation.packaged_judges import FOLDER, package
from cmgan_jax.signals.direction import MODALITIES

DATA = flags.DEFINE_string("data", "data/pocket_orchestra", "Folder of prepared data.")


def main(_) -> None:
    """Trains, copies, and says what was copied."""
    prepared = open_prepared(DATA.value)
    for modality in MODALITIES:
        judges.require_judges(prepared, modality, steps=judges.STEPS)
    files = (VARIABLES, judges.RECORD)
    names = [f"{m}/{design.name}" for m in MODALITIES for design in judges.DESIGNS]
    package(prepared, dict.fromkeys(names, files))
    print(f"{FOLDER}: {', '.join(names)}")


if __name__ == "__main__":
    app.run(main)
