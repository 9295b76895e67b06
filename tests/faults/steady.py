"""A run that goes on for long compiles every program once and needs no more memory."""

import re
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

from tests.faults.promise import Promise
from tests.faults.smallest import PHASES, Smallest

STEPS_PER_TRIAL = 500
MOST = 0.1  # kilobytes a step
FLAGS = (
    "--config.run.log_every=100",
    "--config.run.sample_every=500",
    "--config.run.checkpoint_every=500",
)
# As JAX's own handler logs it; another one repeats the line in its form.
LOGGED = {"JAX_LOG_COMPILES": "1", "JAX_LOGGING_LEVEL": "WARNING"}
PROGRAM = re.compile(r"^WARNING:.*Compiling jit\(update\)", re.MULTILINE)
# Of what a process owns the system may write some to disk, which is no less memory.
OWNED = ("RssAnon", "VmSwap")


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R16."""
    steps = STEPS_PER_TRIAL * trials
    compiled = Promise(
        "R16",
        "an update is compiled once",
        f"{steps:,} steps with what JAX logs of compilations",
    )
    flat = Promise(
        "R16",
        f"memory grows by less than {MOST} kB a step",
        "memory of its own over the second half of the same run",
    )
    if not Path("/proc/self/status").exists():
        flat.left_out = "needs Linux, to ask for a process's memory |"
        return [flat]
    flags = (f"--config.gan.steps={steps}", *FLAGS)
    run = smallest.train(smallest.place / "long", *flags, **LOGGED)
    sampled = _Sampled(run)
    status, said = smallest.finish(run)
    found = len(PROGRAM.findall(said))
    compiled.count(
        status == 0 and found == len(PHASES), f"{found} times, status {status}"
    )
    growth = sampled.growth() / steps
    flat.done += f": {growth:.3f} kB a step"
    flat.count(growth < MOST, f"{growth:.3f} kB a step")
    return [compiled, flat]


class _Sampled:
    """The memory that a process owns, looked at until it ends."""

    def __init__(self, process: subprocess.Popen):
        self._kilobytes: list[float] = []
        self._thread = threading.Thread(target=self._look, args=(process,))
        self._thread.start()

    def _look(self, process: subprocess.Popen) -> None:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            try:
                lines = dict(x.split(":", 1) for x in status.read_text().splitlines())
            except (FileNotFoundError, ProcessLookupError):
                return
            if not lines.keys() >= set(OWNED):
                return  # it ends, and owns nothing any more
            self._kilobytes.append(sum(int(lines[x].split()[0]) for x in OWNED))
            time.sleep(0.2)

    def growth(self) -> float:
        """Kilobytes by which it would grow in as long as it ran, by a fitted line."""
        self._thread.join()
        later = self._kilobytes[len(self._kilobytes) // 2 :]
        slope, _ = np.polyfit(np.arange(len(later)), later, 1)
        return float(slope * len(self._kilobytes))
