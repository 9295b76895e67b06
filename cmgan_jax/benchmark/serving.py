"""What a user waits for: evaluation, one result, the start."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.benchmark.timing import Spread, repeat, seconds
from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.evaluation.judges import JudgeNetwork
from cmgan_jax.evaluation.protocols import BATCH_SIZE
from cmgan_jax.runs.model import make_generate

CALLS = 20  # of one result, for its percentiles


def measure_evaluation(workload: Workload, *, repeats: int) -> Spread:
    """Targets generated and judged per second, in evaluation's batches."""
    task = workload.system.task
    judge = JudgeNetwork(task.num_classes)
    target = jnp.zeros((1, *task.target_shape))
    variables = jax.jit(lambda: judge.init(jax.random.key(0), target, train=False))()
    logits = jax.jit(lambda x: judge.apply(variables, x, train=False))
    generate = _generate(workload, BATCH_SIZE)

    def evaluate():
        return np.asarray(logits(generate()))

    return repeat(evaluate, repeats=repeats).inverse(BATCH_SIZE)


def measure_latency(workload: Workload) -> dict[str, float]:
    """Seconds from one source to its generated target: percentiles 50 and 95."""
    generate = _generate(workload, 1)
    np.asarray(generate())
    times = [seconds(lambda: np.asarray(generate())) for _ in range(CALLS)]
    p50, p95 = np.percentile(times, (50, 95))
    return {"p50": float(p50), "p95": float(p95)}


def measure_start_up(*, repeats: int) -> Spread:
    """Seconds until `train` has imported all it needs, in a process of its own."""
    command = [sys.executable, "-m", "cmgan_jax", "train", "--help"]
    # absl's --help ends with status 1, so that a failure cannot be told.
    return repeat(lambda: subprocess.run(command, capture_output=True), repeats=repeats)


def _generate(workload: Workload, size: int):
    variables = workload.fresh_state().inference
    source = jnp.zeros((size, *workload.system.task.source_shape), jnp.uint8)
    function = jax.jit(make_generate(workload.system.gan))
    return lambda: function(variables, source, jax.random.key(0))
