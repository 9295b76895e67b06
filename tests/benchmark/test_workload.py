"""What an accelerator would be given, as far as a CPU can tell."""

import pytest

from cmgan_jax.benchmark.workload import make_workload
from cmgan_jax.configs import sa_cmgan


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_an_accelerator_gets_one_loop_and_half_precision(platform):
    config = sa_cmgan.get_config("s2i")
    config.update_from_flattened_dict(
        {
            "compute_dtype": "bfloat16",
            "model.width": 4,
            "model.hidden_size": 16,
            "gan.batch_size": 4,
            "run.steps_per_call": 10,
        }
    )
    workload = make_workload(config)
    traced = workload.update.trace(*workload.shapes)
    text = traced.lower(lowering_platforms=(platform,)).as_text()
    # The steps are one loop; attention takes all examples at once.
    assert text.count("stablehlo.while") == 1
    convolutions = [line for line in text.splitlines() if "convolution(" in line]
    assert convolutions and all("bf16" in line for line in convolutions)
