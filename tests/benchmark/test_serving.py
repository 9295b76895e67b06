"""What is measured of generating."""

import jax
import numpy as np
import pytest

from cmgan_jax.benchmark import serving
from cmgan_jax.signals.direction import I2S, S2I


@pytest.mark.parametrize("direction", [S2I, I2S])
def test_generates_from_the_averages_as_evaluation_does(narrow, monkeypatch, direction):
    workload = narrow("sa_cmgan", direction.name)
    made = []

    def make_generate(system):
        def generate(variables, sources, *, direction):
            made.append((variables, sources, direction))

        return generate

    monkeypatch.setattr(serving, "make_generate", make_generate)
    monkeypatch.setattr(serving, "SOURCES", 20)
    rate = serving.measure_generation(workload, repeats=2)
    assert rate.repeats == 2 and len(made) == 3
    variables, sources, asked = made[0]
    assert sources.shape == (20, *workload.system.task.shape(direction.source))
    assert sources.dtype == np.uint8 and asked == direction
    averaged = {"gan": workload.shapes[0].averaged}
    assert jax.tree.structure(variables) == jax.tree.structure(averaged)


def test_latency_is_of_one_source(narrow, monkeypatch):
    monkeypatch.setattr(serving, "CALLS", 3)
    latency = serving.measure_latency(narrow())
    assert 0 < latency["p50"] <= latency["p95"]
