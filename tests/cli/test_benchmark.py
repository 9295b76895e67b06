"""The verb, from its flags to its JSON."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_measures_a_narrow_update_and_the_loaders():
    command = [sys.executable, "-m", "cmgan_jax", "benchmark"]
    flags = ["--what=step", "--what=load", "--repeats=2", "--batch_size=4"]
    flags += ["--config=sa_cmgan:i2s", "--config.model.hidden_size=16"]
    flags += ["--config.model.width=4", "--peer=plain"]
    done = subprocess.run(command + flags, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["batch_size"] == 4
    assert (measured["config"], measured["direction"]) == ("sa_cmgan", "i2s")
    assert "processor_features" in measured["machine"]
    rates = measured["loader_pairs_per_second"]
    for spread in (measured["step_seconds"], rates["tf_data"], rates["numpy"]):
        assert 0 < spread["min"] <= spread["median"] <= spread["max"]
        assert spread["repeats"] == 2
    assert measured["ratio_to_plain"]["repeats"] == 2
    assert measured["flops"]["counted"] > measured["flops"]["xla"] > 0
    assert measured["peak_memory_bytes"] > 0
    assert 0 < measured["fraction_of_peak"]["median"] < 1


def test_what_serving_measures():
    command = [sys.executable, "-m", "cmgan_jax", "benchmark", "--pretty"]
    flags = ["--what=serve", "--repeats=1", "--config.model.width=4"]
    flags += ["--config.model.hidden_size=16"]
    done = subprocess.run(command + flags, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert float(rows["generated_targets_per_second"][0].replace(",", "")) > 0
    assert rows["generated_targets_per_second"][1] == "/s"
    assert float(rows["generation_latency_seconds.p50"][0]) > 0
    assert float(rows["start_up_seconds"][0]) > 0
