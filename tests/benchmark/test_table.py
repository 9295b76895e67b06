"""Measurements as JSON and as a table."""

import json

from cmgan_jax.benchmark.table import as_json, as_table
from cmgan_jax.benchmark.timing import Spread, repeat

STEP = Spread.of([0.5, 0.25, 1.0])


def test_spread_and_its_inverse():
    assert Spread(median=0.5, min=0.25, max=1.0, repeats=3) == STEP
    assert STEP.inverse(64) == Spread(median=128.0, min=64.0, max=256.0, repeats=3)


def test_the_warm_up_is_not_counted():
    calls = []
    assert repeat(lambda: calls.append(0), repeats=3, warm_up=2).repeats == 3
    assert len(calls) == 5


def test_json_and_table_hold_the_same_numbers():
    measured = {
        "step_seconds": STEP,
        "peer": {"torch_eager": {"step_seconds": STEP}},
        "flops": {"counted": 3.0e9},
        "config": "sa_cmgan",
    }
    parsed = json.loads(json.dumps(as_json(measured)))
    assert parsed["peer"]["torch_eager"]["step_seconds"]["median"] == 0.5
    lines = as_table(measured).splitlines()
    assert [line.split() for line in lines] == [
        ["step_seconds", "0.5", "s", "0.25", "to", "1", "(3)"],
        ["peer.torch_eager.step_seconds", "0.5", "s", "0.25", "to", "1", "(3)"],
        ["flops.counted", "3", "GFLOP"],
        ["config", "sa_cmgan"],
    ]
