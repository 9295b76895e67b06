"""The same update in PyTorch, in a process of its own that answers requests."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
from flax.traverse_util import flatten_dict

from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.training import rng

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "torch_peer.py"
KNOWN_STEPS = 2  # first updates whose noise the peer shares with ours
CONDITIONINGS = ("untrained", "code_layer")


def write_job(folder: Path, workload: Workload) -> None:
    """Writes what the peer needs to compute this workload's first update.

    Raises:
      ValueError: the peer does not know a part of the configuration.
    """
    config, task = workload.config, workload.system.task
    if config.gan.conditioning not in CONDITIONINGS or config.gan.loss != "hinge":
        raise ValueError(
            f"the PyTorch peer knows the loss 'hinge' and the conditionings "
            f"{CONDITIONINGS}, not {config.gan.loss!r} with "
            f"{config.gan.conditioning!r}."
        )
    fields = {
        **config.model.to_dict(),
        **config.gan.to_dict(),
        "compute_dtype": config.compute_dtype,
        "reconstruction_weight": workload.system.gan.reconstruction_weight,
        "image_size": task.target_shape[0],
        "source_channels": task.source_shape[2],
        "target_channels": task.target_shape[2],
    }
    state = workload.fresh_state()
    variables = {
        name: getattr(state, name).variables
        for name in ("encoder", "generator", "discriminator")
    }
    weights = {
        "/".join(path): np.asarray(leaf)
        for path, leaf in flatten_dict(variables).items()
    }
    z_shape = (workload.batch_size, workload.system.gan.z_size)
    z = [
        jax.random.normal(rng.stream(state.rng, "z", step), z_shape)
        for step in range(KNOWN_STEPS)
    ]
    (folder / "fields.json").write_text(json.dumps(fields))
    np.savez(folder / "weights.npz", **weights)
    np.savez(folder / "batch.npz", z=np.stack(z), **workload.random_batch())


class TorchPeer:
    """A running peer.

    Attributes:
      parameters: trained and frozen parameters of each network.
      facts: version of PyTorch and the device it runs on.
    """

    def __init__(self, process: subprocess.Popen):
        """Waits for the peer's first line."""
        self._process = process
        answer = self._read()
        self.parameters: dict[str, int] = answer["parameters"]
        self.facts = {name: answer[name] for name in ("version", "device")}

    def step(self) -> tuple[float, dict[str, float]]:
        """Makes one update: its wall time in seconds, and its metrics."""
        self._process.stdin.write("step\n")
        self._process.stdin.flush()
        answer = self._read()
        return answer["seconds"], answer["metrics"]

    def _read(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise ValueError(
                "the PyTorch peer stopped; what it said is above. It needs the extra "
                "bench: pip install -e '.[bench]'"
            )
        return json.loads(line)


@contextlib.contextmanager
def running(folder: Path, *, compiled: bool) -> Iterator[TorchPeer]:
    """A peer on the job in `folder`, ended at the end of the block."""
    command = [sys.executable, str(PROGRAM), str(folder)]
    command += ["--compiled"] if compiled else []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield TorchPeer(process)
        finally:
            process.stdin.close()
            process.terminate()
