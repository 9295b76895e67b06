"""Two processes that are one run, of the program `one_of_two.py`."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax._src import distributed
from jax.sharding import Mesh

from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import devices, processes

PROGRAM = Path(__file__).with_name("one_of_two.py")


def load_program():
    """The program's functions, for what a process alone does."""
    spec = importlib.util.spec_from_file_location("one_of_two", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    sys.modules["one_of_two"] = module
    spec.loader.exec_module(module)
    return module


program = load_program()
BEGUN, STEPS, HEARTBEAT = program.BEGUN, program.STEPS, program.HEARTBEAT


def start_two(folder, data=""):
    """Starts the two processes, with two devices each, and waits until they run."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    environment = os.environ | {
        "JAX_NUM_CPU_DEVICES": "2",
        "PYTHONPATH": str(PROGRAM.parents[2]),
    }
    started = []
    for number in range(2):
        command = [sys.executable, PROGRAM, address, str(number), folder, str(data)]
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
    program.train(folder / "run4", small_data, STEPS, four)
    begun = program.train(folder / "run", small_data, BEGUN, one)
    assert program.train(folder / "run", small_data, BEGUN, four) == begun
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
    assert np.abs(np.diff(straight)).min() > 1e-3


@pytest.mark.slow
def test_checkpoints_are_restored_to_the_bit_whatever_the_layout(
    two, alone, small_data
):
    """From one device to four, to two processes, and back to one device."""
    folder, seen = two
    _, begun = alone
    assert [one["restored"] for one in seen] == [begun, begun]
    one = Mesh(np.array(jax.devices()[:1]), ("data",))
    back = program.train(folder / "run", small_data, STEPS, one)
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
    program.evaluate(small_data).save(tmp_path / "table.npz")
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
def test_a_folder_that_is_not_the_same_for_all_is_refused(two):
    """The mistake: a disk of its own on every host."""
    first, other = two[1]
    assert first["held"] == ["", ""]
    assert other["held"][0] == ""
    assert "held1/.train.lock, which process 0 made" in other["held"][1]


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
