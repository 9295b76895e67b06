"""What one update needs of every chip, for hardware that is not here; prints JSON.

    python -m cmgan_jax compile --topology=v5e-64 --batch_size=4096 --pretty
    python -m cmgan_jax compile --topology=cpu-8 --config=quickstart:s2i

Compiles the update that a generator is trained with, for TPUs through libtpu (extra
tpu; no TPU is needed), and prints memory, arithmetic and what is added up over all
chips. Full width takes minutes of a processor.
"""

import json

import jax
from absl import flags
from ml_collections import config_flags

from cmgan_jax.benchmark.ahead import absent_mesh, measure_ahead
from cmgan_jax.benchmark.table import as_table
from cmgan_jax.benchmark.workload import make_workload
from cmgan_jax.configs import locate
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.runs.record import versions
from cmgan_jax.runtime.devices import require_divisible

CONFIG = config_flags.DEFINE_config_file(
    "config", locate("sa_cmgan:s2i"), "System and direction, as NAME:DIRECTION."
)
TOPOLOGY = flags.DEFINE_string(
    "topology", "v5e-64", "Chips to compile for: v5e-64, v5p:4x4x4, cpu-8."
)
DATA = flags.DEFINE_string(
    "data", None, "Folder of prepared data; default: 13 classes, 64 x 64."
)
BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", None, "Pairs per update; default: config.gan.batch_size."
)
PRETTY = flags.DEFINE_bool("pretty", False, "A table instead of JSON.")
HELP = {
    "What goes in": (CONFIG, DATA, BATCH_SIZE, TOPOLOGY),
    "What comes out": (PRETTY,),
}


def main() -> None:
    """Compiles for the topology and prints what it needs."""
    config = CONFIG.value.to_dict()
    if BATCH_SIZE.value:
        config["gan"]["batch_size"] = BATCH_SIZE.value
    # Nothing runs but the compiler.
    jax.config.update("jax_platforms", "cpu")
    kind, _, count = TOPOLOGY.value.partition("-")
    if kind == "cpu" and count.isdigit():
        jax.config.update("jax_num_cpu_devices", int(count))
    mesh = absent_mesh(TOPOLOGY.value)
    prepared = open_prepared(DATA.value) if DATA.value else None
    workload = make_workload(config, prepared, mesh=mesh)
    require_divisible(workload.batch_size, mesh, phase=workload.phase.name)
    measured = {
        "config": config["name"],
        "direction": config["direction"],
        "compute_dtype": config["compute_dtype"],
        "batch_size": config["gan"]["batch_size"],
        "topology": TOPOLOGY.value,
        **measure_ahead(workload),
        "versions": versions(),
    }
    print(as_table(measured) if PRETTY.value else json.dumps(measured))
