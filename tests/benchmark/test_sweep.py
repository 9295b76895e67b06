"""The sweep over devices measures the update that it was asked for."""

from cmgan_jax.benchmark import sweep
from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.benchmark.timing import Spread
from cmgan_jax.benchmark.workload import make_workload


def test_another_process_gets_every_field(narrow_config, monkeypatch):
    fields = {"model.attention_stage": 3, "model.discriminator_norm": False}
    config = narrow_config("sa_cmgan", "i2s", **fields)
    monkeypatch.setattr(sweep, "DEVICES", (2,))
    rows = sweep.sweep_devices(config, file="sa_cmgan:i2s", repeats=1)
    workload = make_workload(config)
    counted = count_flops(workload.update, *workload.shapes)
    assert rows[2]["flops"]["counted"] == counted
    assert isinstance(rows[2]["step_seconds"], Spread)


def test_a_value_changes_only_its_own_row(narrow_config, monkeypatch):
    config = narrow_config()
    monkeypatch.setattr(sweep, "VALUES", {"model.width": (8, 16), "image_size": (16,)})
    monkeypatch.setattr(sweep, "PAIRS", ())
    monkeypatch.setattr(sweep, "_update", lambda workload, repeats: workload)
    rows = sweep.sweep(config, repeats=1)
    widths = {
        key: row.config["model"]["width"] for key, row in rows["model.width"].items()
    }
    assert widths == {8: 8, 16: 16}
    small = rows["image_size"][16]
    assert small.config["model"]["width"] == config["model"]["width"] == 4
    assert small.system.task.image_shape == (16, 16, 3)
