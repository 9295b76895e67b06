"""The verb, from its flags to its JSON."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_measures_a_narrow_update_and_the_loaders():
    command = [sys.executable, "-m", "cmgan_jax", "benchmark"]
    flags = ["--what=step", "--what=load", "--repeats=2", "--batch_size=4"]
    flags += ["--config.model.width=4", "--config.model.hidden_size=16"]
    done = subprocess.run(command + flags, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["batch_size"] == 4
    rates = measured["loader_pairs_per_second"]
    for spread in (measured["step_seconds"], rates["tf_data"], rates["numpy"]):
        assert 0 < spread["min"] <= spread["median"] <= spread["max"]
        assert spread["repeats"] == 2
    assert measured["flops"]["counted"] > measured["flops"]["xla"] > 0
    assert measured["peak_memory_bytes"] > 0
    assert 0 < measured["fraction_of_peak"]["median"] < 1
