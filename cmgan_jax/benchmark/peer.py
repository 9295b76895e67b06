"""The same update in PyTorch, in a process of its own that answers requests."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax.traverse_util import flatten_dict

from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.training import rng
from cmgan_jax.training.state import GanState

PROGRAM = "cmgan_jax.benchmark.torch_peer"
KNOWN_STEPS = 2  # first updates whose noise the peer shares with ours
CONDITIONINGS = ("untrained", "code_layer")
# Fields of the networks, and what it can build.
BUILT = {
    "attention_form": ("pointwise", "convolutional"),
    "spectral_norm": ("discriminator",),
    "discriminator_head": ("dense",),
}
# What it lacks.
UNKNOWN = ("posterior_weight", "pair_weight", "note_weight", "spectra", "sketches")
NETWORKS = ("encoder", "generator", "discriminator")


def write_job(folder: Path, workload: Workload) -> None:
    """Writes what the peer needs to compute this workload's first update.

    Raises:
      ValueError: the peer does not know a part of the configuration.
    """
    config, task, direction = workload.config, workload.system.task, workload.direction
    _require_known(config)
    fields = {
        **config["model"],
        **config["gan"],
        "compute_dtype": config["compute_dtype"],
        "num_classes": task.num_classes,
        "source": direction.source,
        "target": direction.target,
        "image_size": task.shape(direction.target)[0],
        "source_channels": task.shape(direction.source)[2],
        "target_channels": task.shape(direction.target)[2],
    }
    state = workload.fresh_state()
    z_shape = (workload.batch_size, config["model"]["z_size"])
    z = [
        jax.random.normal(rng.stream(state.rng, "z", step), z_shape)
        for step in range(KNOWN_STEPS)
    ]
    (folder / "fields.json").write_text(json.dumps(fields))
    np.savez(folder / "weights.npz", **_weights(state))
    np.savez(folder / "batch.npz", z=np.stack(z), **workload.random_batch())


def _require_known(config: Mapping[str, Any]) -> None:
    gan = config["gan"]
    known = config["system"] == "sa_cmgan" and gan["loss"] == "hinge"
    if not known or gan["conditioning"] not in CONDITIONINGS:
        raise ValueError(
            f"the PyTorch peer knows the system 'sa_cmgan' with the loss 'hinge' and "
            f"the conditionings {CONDITIONINGS}, not {config['system']!r} with "
            f"{gan['loss']!r} and {gan['conditioning']!r}."
        )
    for name, built in BUILT.items():
        if config["model"][name] not in built:
            raise ValueError(
                f"the PyTorch peer has no model.{name}={config['model'][name]!r}; it "
                f"has {' and '.join(built)}."
            )
    asked = [f"--config.gan.{name}=0" for name in UNKNOWN if gan[name]]
    if asked:
        raise ValueError(
            "the PyTorch peer has no posterior, no pair or note loss, no spectra or "
            f"sketches: compare the update without them, {' '.join(asked)}."
        )


def _weights(state: GanState) -> dict[str, np.ndarray]:
    """The arrays of every network by the names of their places."""
    variables = {name: getattr(state, name).variables for name in NETWORKS}
    if state.target_recogniser is not None:
        variables["target_recogniser"] = state.target_recogniser
    return {
        "/".join(path): np.asarray(leaf)
        for path, leaf in flatten_dict(variables).items()
        # The recogniser classifies features; it asks no code and places nothing.
        if path[0] != "target_recogniser"
        or (path[2:4] != ("encoder", "code") and path[2] != "pair")
    }


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
        answer = self._ask("step")
        return answer["seconds"], answer["metrics"]

    def averages(self) -> dict[str, float]:
        """Sums of the moving averages' magnitudes: of parameters, of running means."""
        return self._ask("averages")

    def _ask(self, request: str) -> dict:
        self._process.stdin.write(f"{request}\n")
        self._process.stdin.flush()
        return self._read()

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
    command = [sys.executable, "-m", PROGRAM, str(folder)]
    command += ["--compiled"] if compiled else []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield TorchPeer(process)
        finally:
            process.stdin.close()
            process.terminate()
