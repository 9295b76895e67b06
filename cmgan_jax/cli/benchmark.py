"""Measures how fast this machine prepares, loads, trains and generates; prints JSON.

    python -m cmgan_jax benchmark --pretty
    python -m cmgan_jax benchmark --pretty --what=step --peer=torch --peer=plain

A step is one update of discriminator and generator as the configuration trains, with
its classification loss and moving averages; only, both learn at every step, whatever
config.gan.discriminator_every says. Every number has its median, smallest and largest
value over --repeats, after a warm-up. Without --data the pixels are random.
--peer=torch measures the same update written in PyTorch (extra bench) in turn with
ours; ratio_to_torch_eager above 1 means that ours is faster. --peer=plain does so with
our own update whose attention keeps its maps for the backward pass.
"""

import contextlib
import json
import tempfile
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from cmgan_jax.benchmark import compiling, loading, machine, peer, preparing, serving
from cmgan_jax.benchmark.plain import PlainPeer
from cmgan_jax.benchmark.random_data import make_random_data
from cmgan_jax.benchmark.sweep import sweep, sweep_devices
from cmgan_jax.benchmark.table import as_json, as_table
from cmgan_jax.benchmark.update import measure_update
from cmgan_jax.benchmark.workload import Workload, make_workload
from cmgan_jax.configs import locate
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.runs.record import versions

GROUPS = ("step", "compile", "load", "serve", "prepare")
TORCH_PEERS = {"torch_eager": False, "torch_compiled": True}
RANDOM_PAIRS = 4000

CONFIG = config_flags.DEFINE_config_file(
    "config", locate("sa_cmgan:s2i"), "System and direction, as NAME:DIRECTION."
)
DATA = flags.DEFINE_string("data", None, "Folder of prepared data; default: random.")
BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", None, "Pairs per update; default: config.gan.batch_size."
)
REPEATS = flags.DEFINE_integer(
    "repeats", 5, "Measurements of each quantity.", lower_bound=1
)
WHAT = flags.DEFINE_multi_enum(
    "what", list(GROUPS), list(GROUPS), "What to measure; may be given several times."
)
PEER = flags.DEFINE_multi_enum(
    "peer",
    [],
    ["torch", "plain"],
    "What to measure in turn with our update; may be given several times.",
)
SWEEP = flags.DEFINE_bool(
    "sweep", False, "Also how the cost grows with each property (many compilations)."
)
PRETTY = flags.DEFINE_bool("pretty", False, "A table instead of JSON.")
HELP = {
    "What goes in": (CONFIG, DATA, BATCH_SIZE),
    "What is measured": (WHAT, PEER, SWEEP, REPEATS),
    "What comes out": (PRETTY,),
}


def main() -> None:
    """Measures what is asked for and prints it."""
    config = CONFIG.value.to_dict()
    if BATCH_SIZE.value:
        config["gan"]["batch_size"] = BATCH_SIZE.value
    measured = {
        "config": config["name"],
        "direction": config["direction"],
        "compute_dtype": config["compute_dtype"],
        "batch_size": config["gan"]["batch_size"],
        "machine": machine.describe_machine(),
        "versions": versions(),
    }
    with tempfile.TemporaryDirectory() as folder:
        prepared = open_prepared(DATA.value) if DATA.value else None
        workload = make_workload(config, prepared)
        if "compile" in WHAT.value:
            measured["compile_seconds"] = compiling.measure_compiling(workload)
        if "step" in WHAT.value:
            measured |= _update(workload, Path(folder))
        if "load" in WHAT.value:
            data = prepared or make_random_data(Path(folder), pairs=RANDOM_PAIRS)
            measured |= _loading(workload, data)
    if "serve" in WHAT.value:
        measured |= _serving(workload)
    if "prepare" in WHAT.value:
        measured["prepare"] = preparing.measure_preparing()
    if SWEEP.value:
        measured["sweep"] = sweep(config, repeats=REPEATS.value)
        measured["sweep"]["devices"] = sweep_devices(
            config,
            file=flags.FLAGS["config"].config_filename,
            repeats=REPEATS.value,
        )
    print(as_table(measured) if PRETTY.value else json.dumps(as_json(measured)))


def _update(workload: Workload, folder: Path) -> dict:
    with contextlib.ExitStack() as stack:
        peers = {}
        if "torch" in PEER.value:
            peer.write_job(folder, workload)
            peers = {
                name: stack.enter_context(peer.running(folder, compiled=compiled))
                for name, compiled in TORCH_PEERS.items()
            }
        if "plain" in PEER.value:
            peers["plain"] = PlainPeer(workload)
        return measure_update(workload, repeats=REPEATS.value, peers=peers)


def _loading(workload: Workload, prepared) -> dict:
    repeats = REPEATS.value
    return {
        "loader_pairs_per_second": loading.measure_loading(
            workload, prepared, repeats=repeats
        ),
        "input_wait": loading.measure_waiting(workload, prepared, repeats=repeats),
    }


def _serving(workload: Workload) -> dict:
    repeats = REPEATS.value
    return {
        "generated_targets_per_second": serving.measure_generation(
            workload, repeats=repeats
        ),
        "generation_latency_seconds": serving.measure_latency(workload),
        "start_up_seconds": serving.measure_start_up(repeats=min(repeats, 3)),
    }
