"""python -m tests.runs.golden NAME.zip: makes the run that test_golden.py reads.

A small SA-CMGAN from sound to image, trained until its pictures are no longer grey; of
its checkpoint the variables that generate, without the state of training.
"""

import dataclasses
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from cmgan_jax.data.prepared import find_prepared, open_prepared
from cmgan_jax.runs.checkpoint_folders import checkpoint_folder
from cmgan_jax.runs.checkpoints import Checkpoints
from cmgan_jax.runs.model import load
from cmgan_jax.runs.record import write_record
from cmgan_jax.runtime.whole_file import write_npz
from tests.faults.smallest import Smallest

SEED = 5
SOURCES = 3
TARGETS = "targets.npz"
FLAGS = (
    "--config.gan.steps=400",
    "--config.gan.average_decay=0.9",
    "--config.gan.generator_learning_rate=0.003",
    "--config.run.log_every=100",
    "--config.run.sample_every=400",
    "--config.run.checkpoint_every=400",
)


def main() -> None:
    """Writes the archive that is named, and prints what is known of its content."""
    (archive,) = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        smallest = Smallest(Path(place))
        workdir, kept = smallest.place / "run", smallest.place / "kept"
        status, said = smallest.finish(smallest.train(workdir, *FLAGS))
        if status:
            raise RuntimeError(said)
        (data,) = find_prepared(smallest.data)
        sounds = open_prepared(data).split("test").sound.array
        _keep(workdir, np.array(sounds[:: len(sounds) // SOURCES][:SOURCES]), kept)
        shutil.make_archive(str(archive.with_suffix("")), "zip", kept)


def _keep(workdir: Path, source: np.ndarray, folder: Path) -> None:
    model = load(workdir)
    # Neither it nor Orbax's marks, which nothing reads, name a folder of this machine.
    write_record(folder, dataclasses.replace(model.record, data="data"))
    checkpoints = Checkpoints(checkpoint_folder(folder, "gan"), keep=1)
    checkpoints.save(model.step, {"inference": model.variables["gan"]})
    checkpoints.close()
    for mark in folder.rglob("commit_success.txt"):
        mark.unlink()
    target = model.generate(source, seed=SEED)
    write_npz(folder / TARGETS, {"source": source, "target": target})
    print(f"digest {model.digest}, step {model.step}, grey levels {np.ptp(target)}")


if __name__ == "__main__":
    main()
