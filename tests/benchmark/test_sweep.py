"""The sweep over devices measures the update that it was asked for."""

from cmgan_jax.benchmark import sweep
from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.benchmark.timing import Spread
from cmgan_jax.benchmark.workload import make_workload
from cmgan_jax.configs import sa_cmgan


def test_another_process_gets_every_field(monkeypatch):
    config = sa_cmgan.get_config("i2s")
    config.update_from_flattened_dict(
        {
            "model.width": 4,
            "model.hidden_size": 16,
            "model.attention_stage": 3,
            "model.discriminator_norm": False,
            "gan.batch_size": 4,
        }
    )
    monkeypatch.setattr(sweep, "DEVICES", (2,))
    file = "configs/sa_cmgan.py:i2s"
    rows = sweep.sweep_devices(config, file=file, repeats=1)
    workload = make_workload(config)
    counted = count_flops(workload.update, *workload.shapes)
    assert rows[2]["flops"]["counted"] == counted
    assert isinstance(rows[2]["step_seconds"], Spread)
