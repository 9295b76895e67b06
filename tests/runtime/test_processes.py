"""Two processes that are one run; this file is also the program that each of them runs.

Training and evaluation are small ones of real parts: a convolution with BatchNorm
learns to tell the classes of 48 pictures.
"""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from jax._src import distributed
from jax.sharding import Mesh

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.items import Split
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.table import make_table
from cmgan_jax.runs.checkpoints import Checkpoints, abstract, checkpoint_folder
from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.phases import run_phase
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import devices, processes
from cmgan_jax.signals.direction import S2I
from cmgan_jax.systems.classifier_phase import classifier_phase
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.dispatch import Feed
from cmgan_jax.training.loop import Hooks, Interrupted, Intervals, fit

ROOT = Path(__file__).resolve().parents[2]
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
    """Trains, or goes on, and says what the state is: the digest of a restored one."""
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
        feeds=open_feeds("numpy", prepared.split("train"), pairing="stem", mesh=mesh),
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
    seen["saved"] = run_until_stopped()
    (folder / f"seen{number}.json").write_text(json.dumps(seen))


def fail():
    """Cannot be done."""
    raise ValueError("went wrong")


def start_two(folder, data=""):
    """Starts the two processes, with two devices each, and waits until they run."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": "2", "PYTHONPATH": str(ROOT)}
    started = []
    for number in range(2):
        command = [sys.executable, __file__, address, str(number), folder, str(data)]
        with (folder / f"errors{number}").open("w") as errors:
            streams = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
            started.append(subprocess.Popen(command, env=environment, **streams))
    for number, process in enumerate(started):
        while (line := process.stdout.readline()) != "running\n":
            if not line:
                stop(started)
                pytest.fail((folder / f"errors{number}").read_text()[-4000:])
    return started


def stop(started):
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory, small_data):
    """Workdirs of processes alone: to the end on four devices, begun on one of them."""
    folder = tmp_path_factory.mktemp("alone")
    one, four = Mesh(np.array(jax.devices()[:1]), ("data",)), devices.data_mesh()
    train(folder / "run4", small_data, STEPS, four)
    begun = train(folder / "run", small_data, BEGUN, one)
    assert train(folder / "run", small_data, BEGUN, four) == begun
    return folder, begun


@pytest.fixture(scope="module")
def two(alone, small_data):
    """The folder in which two processes went on, and what each of them saw."""
    folder, _ = alone
    started = start_two(folder, small_data.path)
    try:
        started[1].send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=60) for process in started]
    finally:
        stop(started)
    assert codes == [0, 0], (folder / "errors1").read_text()[-4000:]
    return folder, [json.loads((folder / f"seen{n}.json").read_text()) for n in (0, 1)]


def losses(workdir):
    return [line["classifier_loss"] for line in MetricsWriter.read(workdir)]


@pytest.mark.slow
def test_a_batch_is_shared_and_no_row_of_it_read_twice(two):
    assert [seen["part"] for seen in two[1]] == [[0, 4], [4, 8]]


@pytest.mark.slow
def test_the_loss_is_that_of_one_process_and_of_one_device(two):
    """The mistake: each process trains alone, or the batch holds its rows twice.

    Two steps were made by one device and two by two processes.
    """
    folder, _ = two
    straight, shared = losses(folder / "run4"), losses(folder / "run")
    assert len(shared) == STEPS
    np.testing.assert_allclose(shared, straight, rtol=1e-4)
    assert np.abs(np.diff(straight)).min() > 1e-2


@pytest.mark.slow
def test_checkpoints_are_restored_to_the_bit_whatever_the_layout(
    two, alone, small_data
):
    """From one device to four, to two processes, and back to one device."""
    folder, seen = two
    _, begun = alone
    assert [one["restored"] for one in seen] == [begun, begun]
    one = Mesh(np.array(jax.devices()[:1]), ("data",))
    back = train(folder / "run", small_data, STEPS, one)
    assert [one["trained"] for one in seen] == [back, back]


@pytest.mark.slow
def test_the_first_process_looks_and_writes(two):
    folder, _ = two
    last = MetricsWriter.read(folder / "run")[-1]
    assert last["looked_by"] == 0.0


@pytest.mark.slow
def test_evaluation_counts_every_row_once(two, small_data, tmp_path):
    """The mistake: the row that makes shares even is counted too."""
    folder, _ = two
    evaluate(small_data).save(tmp_path / "table.npz")
    with np.load(tmp_path / "table.npz") as expected:
        for number in (0, 1):
            with np.load(folder / f"table{number}.npz") as table:
                assert table.files == expected.files
                for name in table.files:
                    assert table[name].dtype == expected[name].dtype
                    np.testing.assert_array_equal(table[name], expected[name])


@pytest.mark.slow
def test_what_the_first_decides_the_others_are_told(two):
    first, other = two[1]
    assert first["told"] == other["told"] == {"by": 0}
    assert first["raised"] == "ValueError"
    assert other["raised"] == "FirstFailedError"


@pytest.mark.slow
def test_sigterm_to_one_stops_all_at_one_step_which_is_saved(two):
    first, other = two[1]
    assert first["saved"] == other["saved"]
    assert len(first["saved"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGUSR1])
def test_one_that_dies_or_fails_ends_the_other(tmp_path, end):
    """The mistakes: the other waits for ever, or the one that fails for the other."""
    started = start_two(tmp_path)
    try:
        started[1].send_signal(end)
        assert started[1].wait(timeout=5) != 0
        assert started[0].wait(timeout=HEARTBEAT + 10) != 0
    finally:
        stop(started)


@pytest.fixture
def unconnected(monkeypatch):
    """JAX's connecting without its look whether something was computed already."""
    monkeypatch.setattr(jax.distributed, "initialize", distributed.State().initialize)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": "on"}, "every process needs --coordinator_address=HOST:PORT"),
        ({"mode": "auto", "num_processes": 2}, "--distributed=off goes on in this"),
    ],
)
def test_what_is_missing_is_named(unconnected, given, message):
    limits = {"heartbeat_timeout": HEARTBEAT, "initialization_timeout": 5}
    with pytest.raises(ValueError, match=message):
        processes.start(**given, **limits)


def test_alone_nothing_is_connected(unconnected):
    limits = {"heartbeat_timeout": HEARTBEAT, "initialization_timeout": 5}
    processes.start("auto", **limits)
    processes.start("off", num_processes=2, **limits)
    assert not processes.several() and processes.is_first()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException as error:
        processes.end_at_once(error)
        raise
