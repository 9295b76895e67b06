"""What `test_processes` does in a process alone and in each of two; also their program.

Training and evaluation are small ones of real parts: a convolution with BatchNorm
learns to tell the classes of 48 pictures.
"""

import dataclasses
import json
import signal
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.items import Split
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.one_pass import make_table
from cmgan_jax.runs.checkpoint_folders import checkpoint_folder
from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.phases import run_phase
from cmgan_jax.runtime import devices, processes
from cmgan_jax.signals.direction import S2I
from cmgan_jax.systems.classifier_phase import classifier_phase
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.dispatch import Feed
from cmgan_jax.training.loop import Hooks, Interrupted, Intervals, fit

BATCH, BEGUN, STEPS = 8, 2, 4
HEARTBEAT = 6  # seconds
FAR = 10**6  # steps, more than anybody waits for


class Network(nn.Module):
    """Classifies pictures by a convolution and the statistics of the whole batch."""

    @nn.compact
    def __call__(self, x, *, train):
        x = nn.Conv(4, (3, 3), strides=2)(x)
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
        return nn.Dense(3)(x.mean(axis=(1, 2)))


class Model:
    """Generates a picture that tells the source and the noise."""

    def generate(self, sources, *, direction, seed):
        return np.repeat(sources, 3, axis=-1) // 2 + np.uint8(seed)


def look(items):
    """What a judge sees who knows how bright the channels are."""
    features = items.mean(axis=(1, 2)).astype(np.float32)
    return features, np.repeat(features, 3, axis=-1)[:, :3]


def train(folder, prepared, steps, mesh):
    """Trains, or goes on, and says what the state is: the digest of a restored one.

    What begins streams, what goes on has the data on its devices.
    """
    reader = "numpy" if steps == BEGUN else "resident"
    phase = classifier_phase(
        "network",
        Network(),
        optax.sgd(1e-2),
        modality="image",
        shape=(16, 16, 3),
        steps=steps,
        batch_size=BATCH,
        seed=0,
        order_seed=0,
        variation=Variation(shift=1),
    )
    run_phase(
        phase,
        finished={},
        workdir=folder,
        feeds=open_feeds(reader, prepared.split("train"), pairing="stem", mesh=mesh),
        intervals=Intervals(log_every=1, sample_every=STEPS, checkpoint_every=BEGUN),
        keep=3,
        mesh=mesh,
        sample=lambda step, variables, _: {"looked_by": float(jax.process_index())},
    )
    return restored(folder, phase, steps, mesh)


def restored(folder, phase, step, mesh):
    """The digest of a checkpoint as these devices read it."""
    shapes = jax.eval_shape(lambda: phase.init(jax.random.key(0), {}))
    checkpoints = Checkpoints(checkpoint_folder(folder, "network"))
    items = {"training": abstract(shapes, devices.replicated(mesh))}
    state = checkpoints.restore(step, items)["training"]
    checkpoints.close()
    return digest(state, step=step)


def evaluate(prepared):
    """A table of 11 rows, which two processes cannot share evenly."""
    rows = np.arange(11)
    test = prepared.split("test")
    odd = Split(image=test.image.take(rows), sound=test.sound.take(rows))
    prepared = dataclasses.replace(prepared, splits=prepared.splits | {"odd": odd})
    judges = [
        Judge(name, "image", rows="train", real={}, digest="", look=look)
        for name in ("strided", "pooled")
    ]
    judges = {"image": judges, "sound": judges}
    return make_table(Model(), judges, prepared, split="odd", direction=S2I)


def run_until_stopped():
    """Runs a loop that only SIGTERM ends; returns the step that was saved."""
    mesh = devices.data_mesh()
    part = devices.own_part(BATCH, mesh)
    batch = {"x": np.ones((BATCH, 2), np.float32)[part]}
    saved = []

    @dataclasses.dataclass
    class State:
        step: jax.Array

    jax.tree_util.register_dataclass(State)
    state = jax.jit(
        lambda: State(jnp.zeros((), jnp.int32)), out_shardings=devices.replicated(mesh)
    )()

    def items():
        while True:
            time.sleep(0.02)
            yield batch

    def log(step, scalars):
        if step == 20:
            print("running", flush=True)

    hooks = Hooks(
        log=log,
        sample=lambda step, state: {},
        save=lambda step, state: saved.append(step),
    )
    with pytest.raises(Interrupted):
        fit(
            "waiting",
            lambda state, batch: (State(state.step + 1), {"x": batch["x"].mean()}),
            state,
            Feed(items()),
            mesh=mesh,
            schedule=Intervals(10, FAR, FAR).until(FAR),
            hooks=hooks,
        )
    return saved


def main(address, number, folder, data):
    """What each of the two processes does; what it saw goes into a file of its own."""
    folder = Path(folder)
    processes.start(
        "on",
        coordinator_address=address,
        num_processes=2,
        process_id=int(number),
        heartbeat_timeout=HEARTBEAT,
        initialization_timeout=60,
    )
    sys.stdout = sys.__stdout__
    signal.signal(signal.SIGUSR1, lambda *_: fail())
    seen = {}
    if data:
        prepared, mesh = open_prepared(data), devices.data_mesh()
        part = devices.own_part(BATCH, mesh)
        seen["part"] = [part.start, part.stop]
        seen["restored"] = train(folder / "run", prepared, BEGUN, mesh)
        seen["trained"] = train(folder / "run", prepared, STEPS, mesh)
        evaluate(prepared).save(folder / f"table{number}.npz")
        seen["told"] = processes.by_first(lambda: {"by": int(number)})
        with pytest.raises(ValueError, match="went wrong") as raised:
            processes.by_first(fail)
        seen["raised"] = type(raised.value).__name__
        seen["held"] = held(folder / "held"), held(folder / f"held{number}")
    seen["saved"] = run_until_stopped()
    (folder / f"seen{number}.json").write_text(json.dumps(seen))


def held(folder):
    """What holding a folder for all leads to."""
    processes.LATE = 0.5
    try:
        with processes.hold_for_all(folder, "train"):
            return ""
    except ValueError as error:
        processes.meet()  # A run would end here, and so would the other process.
        return str(error)


def fail():
    """Cannot be done."""
    raise ValueError("went wrong")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException as error:
        processes.end_at_once(error)
        raise
