"""How fast batches arrive, and how long the update waits for them."""

import functools
import itertools
import time
from collections.abc import Iterator
from typing import Any

import jax

from cmgan_jax.benchmark.timing import Spread, repeat
from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runtime import devices
from cmgan_jax.training.dispatch import AHEAD

BATCHES = 100  # of one measurement
READERS = ("tf_data", "numpy")  # what gives whole batches


def measure_loading(
    workload: Workload, prepared: PreparedData, *, repeats: int
) -> dict[str, Spread]:
    """Pairs per second of every reader, on its own."""
    rates = {}
    for name in READERS:
        batches = _batches(name, workload, prepared)
        for _ in range(BATCHES // 10):
            next(batches)
        take = functools.partial(_take, batches)
        taken = repeat(take, repeats=repeats, warm_up=0)
        rates[name] = taken.inverse(BATCHES * workload.batch_size)
        _close(batches)
    return rates


def measure_waiting(
    workload: Workload, prepared: PreparedData, *, repeats: int
) -> dict[str, Any]:
    """Seconds per update until its batch is there, and their share of the update."""
    waits = {}
    for name in READERS:
        batches = _batches(name, workload, prepared)
        waits[name] = _wait(workload, batches, repeats)
        _close(batches)
    return waits


def _wait(workload: Workload, batches: Iterator, repeats: int) -> dict[str, Any]:
    state = workload.fresh_state()
    ready = [_next(workload, batches) for _ in range(AHEAD)]
    waited, called = [], []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        ready.append(_next(workload, batches))
        waited.append(time.perf_counter() - start)
        state, _ = workload.compiled(state, (), ready.pop(0))
        jax.block_until_ready(state)
        called.append(time.perf_counter() - start)
    share = [wait / call for wait, call in zip(waited[1:], called[1:], strict=True)]
    seconds = [wait / workload.steps_per_call for wait in waited[1:]]
    return {"seconds": Spread.of(seconds), "share_of_step": Spread.of(share)}


def _next(workload: Workload, batches: Iterator):
    return workload.to_devices([next(batches) for _ in range(workload.steps_per_call)])


def _batches(name: str, workload: Workload, prepared: PreparedData) -> Iterator:
    feeds = open_feeds(
        name,
        prepared.split("train"),
        pairing=prepared.pairing,
        mesh=devices.data_mesh(),
    )
    return feeds(workload.phase.needs, workload.batch_size, 0, 0).items


def _take(batches: Iterator) -> None:
    for _ in itertools.islice(batches, BATCHES):
        pass


def _close(batches: Iterator) -> None:
    # A generator owns threads; TensorFlow's iterator ends with its last reference.
    getattr(batches, "close", lambda: None)()
