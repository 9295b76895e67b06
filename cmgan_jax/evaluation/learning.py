"""How soon a run was good: what its metrics.jsonl says of validation accuracy."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cmgan_jax.runs.phases import scored

LEVELS = (0.5, 0.8, 0.95)
ACCURACY = "validation_accuracy"


def reached(
    metrics: Sequence[Mapping[str, Any]], direction: str
) -> dict[str, dict[str, float | int | None]]:
    """Steps and seconds of the generator's training to levels of validation accuracy.

    As fine as validation is frequent (`run.sample_every`). Seconds are steps times the
    median time of a step, so that a stop in between does not count.

    Args:
      metrics: lines of metrics.jsonl.
      direction: "s2i" or "i2s"; a run of both names its accuracies after them.

    Returns:
      Level -> {"steps", "seconds"}; None where the level was never reached, or the
      time is not known.
    """
    names = (scored(ACCURACY, direction), ACCURACY)
    seen = [
        (line["step"], line[name], line["phase"])
        for line in metrics
        for name in names
        if name in line
    ]
    found = {}
    for level in LEVELS:
        first = next((one for one in seen if one[1] >= level), None)
        steps = seconds = None
        if first is not None:
            steps, _, phase = first
            seconds = _seconds_per_step(metrics, phase)
            seconds = None if seconds is None else steps * seconds
        found[str(level)] = {"steps": steps, "seconds": seconds}
    return found


def _seconds_per_step(metrics: Sequence[Mapping[str, Any]], phase: str) -> float | None:
    lines = [line for line in metrics if line["phase"] == phase and "time" in line]
    each = [
        (later["time"] - line["time"]) / (later["step"] - line["step"])
        for line, later in itertools.pairwise(lines)
    ]
    return float(np.median(each)) if each else None
