"""What generates is restored alone: no state of training, no TensorFlow, soon."""

import shutil
import subprocess
import sys
from pathlib import Path

from cmgan_jax.runs.model import load
from tests.faults.promise import Promise
from tests.faults.smallest import ROOT, Smallest

LONGEST = 10.0  # seconds of a processor, imports included
ABSENT = ("tensorflow", "tensorflow_datasets", "librosa", "soundfile", "av")
PROGRAM = """
import sys, time
sys.modules |= dict.fromkeys(sys.argv[2].split(","))
import jax
from cmgan_jax.runs.model import load
from cmgan_jax.evaluation import evaluate_run
model = load(sys.argv[1])
print(model.digest, jax.default_backend(), time.process_time())
"""


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R12."""
    promise = Promise(
        "R12",
        "evaluating restores what generates and nothing else, on a processor, "
        f"without TensorFlow and media libraries, within {LONGEST:.0f} s of a core",
        "restored where discriminators and optimizers are deleted; digests",
    )
    workdir = smallest.place / "without_training"
    shutil.copytree(smallest.straight, workdir)
    for item in workdir.glob("checkpoints/*/*/training"):
        shutil.rmtree(item)
    expected = load(smallest.straight).digest
    for _ in range(trials):
        said, backend, seconds = _restored(workdir)
        kept = said == expected and backend == "cpu" and float(seconds) <= LONGEST
        promise.count(kept, f"{said} on {backend} in {seconds} s, not {expected}")
    return [promise]


def _restored(workdir: Path) -> tuple[str, str, str]:
    """Digest, kind of device and seconds; what was said instead, if it failed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(workdir), ",".join(ABSENT)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return done.stderr[-300:], "nothing", "inf"
    digest, backend, seconds = done.stdout.split()
    return digest, backend, seconds
