"""The update's time, arithmetic and memory, beside the machine's matrix product."""

import resource
import sys
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.benchmark.timing import Spread, repeat
from cmgan_jax.benchmark.workload import Workload

PEAK_SIZE = {"cpu": 2048}  # of the matrices multiplied to find the peak
PEAK_SIZE_ELSEWHERE = 8192
WARM_UP = 3  # updates of a peer that are not counted


@runtime_checkable
class Peer(Protocol):
    """Another program of the same update.

    Attributes:
      facts: what to report of it beside its time.
    """

    facts: Mapping[str, Any]

    def step(self) -> tuple[float, dict[str, float]]:
        """Makes one update: its wall time in seconds, and its metrics."""


class Updates:
    """Updates made on random batches that are already on the devices.

    Attributes:
      state: after the updates so far.
    """

    def __init__(self, workload: Workload, *, warm_up: int = 1):
        """Compiles, and makes `warm_up` calls."""
        self._compiled = workload.compiled
        self._count = workload.steps_per_call
        self._batches = workload.to_devices([workload.random_batch()] * self._count)
        self.state = workload.fresh_state()
        for _ in range(warm_up):
            self.step()

    def step(self) -> tuple[float, dict[str, float]]:
        """Makes one call: seconds per update, and the metrics of its last one."""
        start = time.perf_counter()
        self.state, metrics = self._compiled(self.state, (), self._batches)
        jax.block_until_ready(self.state)
        taken = time.perf_counter() - start
        last = {name: float(values[-1]) for name, values in metrics.items()}
        return taken / self._count, last


def measure_update(
    workload: Workload,
    *,
    repeats: int,
    peers: Mapping[str, Peer] = MappingProxyType({}),
) -> dict[str, Any]:
    """The update, the matrix product and the peers, in turn.

    Args:
      workload: ours.
      repeats: rounds; every one measures each of them once.
      peers: by name; each has made no update yet.

    Returns:
      "step_seconds", "pairs_per_second", arithmetic, memory (of the process: with
      the plain peer inside); with peers "peer" and "ratio_to_NAME": their time over
      ours, round by round.
    """
    updates = Updates(workload, warm_up=WARM_UP)
    multiply, product_flops = _matrix_product(workload.config["compute_dtype"])
    for peer in peers.values():
        # A compiler may start anew for what exists from the second update on.
        for _ in range(WARM_UP):
            peer.step()
    steps, products = [], []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(repeats):
        steps.append(updates.step()[0])
        products.append(repeat(multiply, repeats=3).min)
        for name, peer in peers.items():
            theirs[name].append(peer.step()[0])
    step, peak = Spread.of(steps), product_flops / min(products)
    flops = _flops(workload)
    result = {
        "step_seconds": step,
        "pairs_per_second": step.inverse(workload.batch_size),
        "flops": flops,
        "achieved_flops_per_second": step.inverse(flops["counted"]),
        "matmul_peak_flops_per_second": peak,
        "fraction_of_peak": step.inverse(flops["counted"] / peak),
        **measure_memory(workload),
        "process_memory_bytes": _process_memory(),
    }
    if peers:
        result["peer"] = {
            name: {"step_seconds": Spread.of(times), **peers[name].facts}
            for name, times in theirs.items()
        }
    for name, times in theirs.items():
        ratios = (t / ours for t, ours in zip(times, steps, strict=True))
        result[f"ratio_to_{name}"] = Spread.of(ratios)
    return result


def _flops(workload: Workload) -> dict[str, float]:
    """Of one update: by XLA's analysis (loop bodies once), and counted."""
    analysis = workload.compiled.cost_analysis() or {}
    counted = count_flops(workload.update, *workload.shapes)
    return {
        "xla": analysis.get("flops", 0.0),
        "counted": counted / workload.steps_per_call,
    }


def measure_memory(workload: Workload) -> dict[str, Any]:
    """Bytes the compiled update needs, in all and by kind."""
    analysis = workload.compiled.memory_analysis()
    parts = {
        "arguments": analysis.argument_size_in_bytes,
        "outputs": analysis.output_size_in_bytes,
        "outputs_in_arguments": -analysis.alias_size_in_bytes,
        "temporary": analysis.temp_size_in_bytes,
    }
    return {"peak_memory_bytes": sum(parts.values()), "memory_bytes": parts}


def _process_memory() -> int:
    """The largest size that this process has had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _matrix_product(dtype: str):
    """A product of two square matrices, and its number of operations."""
    size = PEAK_SIZE.get(jax.default_backend(), PEAK_SIZE_ELSEWHERE)
    key = jax.random.key(0)
    matrix = jax.random.normal(key, (size, size)).astype(jnp.dtype(dtype))
    product = jax.jit(jnp.matmul)
    return lambda: product(matrix, matrix).block_until_ready(), 2.0 * size**3
