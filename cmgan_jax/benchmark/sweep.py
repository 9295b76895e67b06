"""How the cost of an update grows, one property at a time."""

import copy
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flax.traverse_util import flatten_dict

from cmgan_jax.benchmark.loading import measure_loading
from cmgan_jax.benchmark.random_data import make_random_data
from cmgan_jax.benchmark.timing import Spread
from cmgan_jax.benchmark.update import measure_update
from cmgan_jax.benchmark.workload import Workload, make_workload

VALUES = {
    "gan.batch_size": (16, 32, 64, 128),
    "model.width": (16, 32, 64),
    "model.attention_stage": (-1, 0, 1, 2, 4),
    "image_size": (64, 128),
}
DEVICES = (1, 2, 4)
PAIRS = (1000, 10000)
KEPT = ("step_seconds", "pairs_per_second", "flops", "peak_memory_bytes")


def sweep(config: Mapping[str, Any], *, repeats: int) -> dict[str, Any]:
    """Measures every value of every property, the others as configured.

    Returns:
      Property to value to measurements; "data_pairs" has loader rates.
    """
    rows = {
        name: {
            value: _update(_workload(config, name, value), repeats) for value in some
        }
        for name, some in VALUES.items()
    }
    workload = make_workload(config)
    rows["data_pairs"] = {
        pairs: {"loader_pairs_per_second": _load(workload, pairs, repeats)}
        for pairs in PAIRS
    }
    return rows


def sweep_devices(
    config: Mapping[str, Any], *, file: str, repeats: int
) -> dict[int, Any]:
    """The same update split over several CPU devices, each in a new process.

    Args:
      config: every field of it is handed on.
      file: what `config` was read from, as --config has it.
      repeats: of each measurement.
    """
    fields = flatten_dict(config, sep=".")
    command = [sys.executable, "-m", "cmgan_jax", "benchmark", "--what=step"]
    command += [f"--repeats={repeats}", f"--config={file}"]
    command += [f"--config.{name}={value}" for name, value in fields.items()]
    rows = {}
    for devices in DEVICES:
        done = subprocess.run(
            command,
            env=os.environ | {"JAX_NUM_CPU_DEVICES": str(devices)},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        measured = json.loads(done.stdout)
        rows[devices] = {name: _from_json(measured[name]) for name in KEPT}
    return rows


def _from_json(value: Any) -> Any:
    is_spread = isinstance(value, dict) and "median" in value
    return Spread(**value) if is_spread else value


def _workload(config: Mapping[str, Any], name: str, value: int) -> Workload:
    if name == "image_size":
        return make_workload(config, image_size=value)
    changed = copy.deepcopy(config)
    section, field = name.split(".")
    changed[section][field] = value
    return make_workload(changed)


def _update(workload: Workload, repeats: int) -> dict[str, Any]:
    measured = measure_update(workload, repeats=repeats)
    return {name: measured[name] for name in KEPT}


def _load(workload: Workload, pairs: int, repeats: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        data = make_random_data(Path(folder), pairs=pairs)
        return measure_loading(workload, data, repeats=repeats)
