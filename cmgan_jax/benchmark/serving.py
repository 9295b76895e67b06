"""What a user waits for: many results, one result, the start."""

import functools
import subprocess
import sys

import numpy as np

from cmgan_jax.benchmark.timing import Spread, repeat, seconds
from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.runs.generating import make_generate

SOURCES = 128  # of one measurement of many
CALLS = 20  # of one result, for its percentiles


def measure_generation(workload: Workload, *, repeats: int) -> Spread:
    """Targets generated per second, as evaluation generates a split."""
    return repeat(_generate(workload, SOURCES), repeats=repeats).inverse(SOURCES)


def measure_latency(workload: Workload) -> dict[str, float]:
    """Seconds from one source to its generated target: percentiles 50 and 95."""
    generate = _generate(workload, 1)
    generate()
    times = [seconds(generate) for _ in range(CALLS)]
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50": float(p50), "p95": float(p95)}


def measure_start_up(*, repeats: int) -> Spread:
    """Seconds until `train` has imported all it needs, in a process of its own."""
    command = [sys.executable, "-m", "cmgan_jax", "train", "--help"]
    start = functools.partial(subprocess.run, command, capture_output=True, check=True)
    return repeat(start, repeats=repeats)


def _generate(workload: Workload, count: int):
    """Generates so many targets, uint8, and waits for them."""
    generate, direction = make_generate(workload.system), workload.direction
    shape = workload.system.task.shape(direction.source)
    draw = np.random.default_rng(0)
    sources = draw.integers(0, 256, (count, *shape), dtype=np.uint8)
    variables = workload.fresh_variables()
    return lambda: generate(variables, sources, direction=direction)
