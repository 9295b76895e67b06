"""The smallest run there is, through the command line, in a process of its own."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHASES = {"recognisers": 6, "gan": 12}
FLAGS = (
    "--config=sa_cmgan:s2i",
    "--config.model.width=2",
    "--config.model.hidden_size=8",
    "--config.model.features_size=8",
    "--config.model.code_size=8",
    "--config.model.z_size=8",
    "--config.model.attention_stage=3",
    "--config.classifier.batch_size=4",
    "--config.gan.batch_size=4",
    f"--config.classifier.steps={PHASES['recognisers']}",
    f"--config.gan.steps={PHASES['gan']}",
    "--config.run.log_every=1",
    "--config.run.sample_every=6",
    "--config.run.checkpoint_every=3",
    "--config.run.validation_examples=6",
    "--config.run.reader=numpy",
)


class Smallest:
    """Prepared data in a folder, and runs on them."""

    def __init__(self, place: Path):
        """Prepares the data; takes half a minute."""
        self.place = place
        self.data = place / "data"
        self._environment = os.environ | {
            "JAX_PLATFORMS": "cpu",
            "JAX_COMPILATION_CACHE_DIR": str(place / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        small = ("--scale=0.005", "--image_size=16")
        done = self.finish(self.start("prepare", f"--output={self.data}", *small))
        if done[0]:
            raise RuntimeError(f"the data could not be prepared: {done[1]}")

    @functools.cached_property
    def straight(self) -> Path:
        """Workdir of a run that nobody touched; it fills the cache of programs."""
        workdir = self.place / "straight"
        status, said = self.finish(self.train(workdir))
        if status:
            raise RuntimeError(f"the smallest run failed: {said}")
        return workdir

    def start(self, verb: str, *flags: str, **variables: str) -> subprocess.Popen:
        """Starts a verb, with more variables in its environment if any are given."""
        return subprocess.Popen(
            [sys.executable, "-m", "cmgan_jax", verb, *flags],
            cwd=ROOT,
            env=self._environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # What is started in the background of a script ignores SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def train(self, workdir: Path, *flags: str, **variables: str) -> subprocess.Popen:
        """Starts to train in a folder, or to go on there."""
        where = (f"--data={self.data}", f"--workdir={workdir}")
        return self.start("train", *where, *FLAGS, *flags, **variables)

    @staticmethod
    def finish(process: subprocess.Popen) -> tuple[int, str]:
        """Exit status, and all that was printed."""
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def signalled(
        self, process: subprocess.Popen, after: float, number: int
    ) -> tuple[int, str, float]:
        """Exit status, what was printed, and seconds from the signal to the end."""
        try:
            said, _ = process.communicate(timeout=after)
            return process.returncode, said, 0.0
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        sent = time.monotonic()
        status, said = self.finish(process)
        return status, said, time.monotonic() - sent


def digests(workdir: Path) -> dict[str, dict]:
    """Of all that the last checkpoint of every phase holds."""
    folder = workdir / "checkpoints"
    return {
        phase: json.loads((folder / phase / str(step) / "digests/metadata").read_text())
        for phase, step in PHASES.items()
        if (folder / phase / str(step) / "digests/metadata").exists()
    }


def name_of(number: int) -> str:
    """Of a signal."""
    return signal.Signals(number).name
