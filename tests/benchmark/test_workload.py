"""The measured update is the one trained with, and what an accelerator gets of it."""

import jax
import pytest

from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.runs.record import as_settings
from cmgan_jax.systems.registry import assemble


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
@pytest.mark.parametrize("name", ["sa_cmgan", "sa_cmgan_original"])
def test_the_measured_update_is_the_one_trained_with(
    narrow, narrow_config, name, direction
):
    workload = narrow(name, direction)
    config = narrow_config(name, direction, **{"gan.discriminator_every": 1})
    system = assemble(as_settings(config), workload.system.task)
    phase = system.phase("gan")
    finished = system.inference_shapes(tuple(p.name for p in system.phases[:-1]))
    state = jax.eval_shape(lambda x: phase.init(jax.random.key(0), x), finished)
    batch = {
        field: jax.ShapeDtypeStruct(pixels.shape, pixels.dtype)
        for field, pixels in workload.random_batch().items()
    }
    assert batch.keys() == {*phase.needs.fields, "label"}
    assert _kinds(workload.shapes[0]) == _kinds(state)
    counted = count_flops(workload.update, *workload.shapes)
    assert counted == count_flops(phase.step, state, batch)
    # What this test is about is there at all in one configuration of the two.
    assert (name == "sa_cmgan") == (state.target_recogniser is not None)
    assert (name == "sa_cmgan") == (state.averaged is not None)


def _kinds(tree):
    return jax.tree.map(lambda x: (x.shape, x.dtype), tree)


def test_both_networks_learn_at_every_measured_update(narrow):
    # Attention would branch by platform.
    fields = {"gan.discriminator_every": 3, "model.attention_stage": -1}
    workload = narrow("sa_cmgan_original", **fields)
    state, *_ = workload.shapes
    traced = jax.make_jaxpr(workload.phase.step)(state, workload.random_batch())
    assert "cond[" not in str(traced)


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_an_accelerator_gets_one_loop_and_half_precision(narrow, platform):
    workload = narrow(**{"compute_dtype": "bfloat16", "run.steps_per_call": 10})
    traced = workload.update.trace(*workload.shapes)
    text = traced.lower(lowering_platforms=(platform,)).as_text()
    # The steps are one loop; attention takes all examples at once.
    assert text.count("stablehlo.while") == 1
    convolutions = [line for line in text.splitlines() if "convolution(" in line]
    assert convolutions and all("bf16" in line for line in convolutions)
