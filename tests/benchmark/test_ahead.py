"""What absent chips need, counted on those of this processor."""

import jax
import numpy as np
import pytest

from cmgan_jax.benchmark.ahead import absent_mesh, measure_ahead, reduced_bytes
from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.benchmark.workload import make_workload


def test_every_chip_has_its_share_and_adds_up_all_gradients(narrow_config):
    config = narrow_config("chen2017", **{"gan.batch_size": 8})
    mesh = absent_mesh("cpu-2")
    workload = make_workload(config, mesh=mesh)
    measured = measure_ahead(workload)
    assert (measured["chips"], measured["batch_size_per_chip"]) == (2, 4)
    flops = count_flops(workload.update, *workload.shapes)
    assert measured["flops"] == {"all": flops, "per_chip": flops / 2}
    pixels = sum(array.nbytes for array in workload.random_batch().values())
    assert measured["batch_bytes"] == pixels / 2
    state = workload.shapes[0]
    whole = [np.prod(x.shape) * x.dtype.itemsize for x in jax.tree.leaves(state)]
    assert measured["state_bytes"] == sum(whole)
    trained = [
        4 * x.size
        for network in (state.generator, state.discriminator)
        for x in jax.tree.leaves(network.params)
    ]
    # Statistics of batches and metrics are added up as well.
    assert sum(trained) <= measured["reduced_bytes"] <= 1.3 * sum(trained)
    assert measured["memory_bytes"]["arguments"] == pytest.approx(
        sum(whole) + pixels / 2, rel=0.01
    )


def test_results_of_sums_are_read_from_a_program():
    program = """
  %a.1 = f32[16]{0:T(128)S(1)} all-reduce(%x), channel_id=1
  %b = (f32[2,3]{1,0}, bf16[8]{0}) all-reduce-start(%y, %z), channel_id=2
  %c = f32[1000]{0} fusion(%all-reduce.1), kind=kLoop
  %d = f32[] all-reduce(%w)
"""
    assert reduced_bytes(program) == 64 + 24 + 16 + 4


@pytest.mark.parametrize(
    ("topology", "message"),
    [
        ("cpu-99", "JAX_NUM_CPU_DEVICES"),
        ("cpu-0", "JAX_NUM_CPU_DEVICES"),
        ("v5e-7", "is unknown: known are cpu-8"),
        ("gpu", "is unknown: known are cpu-8"),
        ("v9:2x2", r"pip install 'cmgan_jax\[tpu\]'"),
    ],
)
def test_topologies_that_cannot_be_are_explained(topology, message):
    with pytest.raises(ValueError, match=message):
        absent_mesh(topology)
