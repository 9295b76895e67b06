"""What an update needs on devices that are not here: compiled for them all the same."""

import math
import os
import re
from typing import Any

import jax
import numpy as np
from jax.experimental import topologies
from jax.sharding import Mesh

from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.benchmark.update import measure_memory
from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.runtime import devices

# Chips side by side in the slices of the generations named by their chips.
_SLICES = {
    **{4: "2x2", 8: "2x4", 16: "4x4", 32: "4x8", 64: "8x8"},
    **{128: "8x16", 256: "16x16"},
}
_NAMED_BY_CHIPS = ("v5e", "v6e")
_KNOWN = (
    "known are cpu-8 (so many devices of this processor), v5e-64 or v6e-64 (so many "
    f"chips: {', '.join(map(str, _SLICES))}), or a name of libtpu's such as v5p:4x4x4."
)
# libtpu looks for the machine it is on, and for others that use it.
_NO_MACHINE = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
}

_SUMS = re.compile(r" = (.*?) all-reduce(?:-start)?\(")
_ARRAY = re.compile(r"(f32|bf16|f16|s32|u32)\[([\d,]*)\]")
_WIDTHS = {"f32": 4, "s32": 4, "u32": 4, "bf16": 2, "f16": 2}


def absent_mesh(topology: str) -> Mesh:
    """The devices of a topology in one axis, as `devices.data_mesh` has those here.

    Args:
      topology: "cpu-8", "v5e-64", "v5p:4x4x4".

    Raises:
      ValueError: unknown, or libtpu is not installed; says what to do.
    """
    kind, _, count = topology.partition("-")
    if kind == "cpu" and count.isdigit():
        return _cpu_mesh(int(count))
    if kind in _NAMED_BY_CHIPS and count.isdigit() and int(count) in _SLICES:
        name = f"{kind}:{_SLICES[int(count)]}"
    else:
        name = topology
    if ":" not in name:
        raise ValueError(f"--topology={topology} is unknown: {_KNOWN}")
    for variable, value in _NO_MACHINE.items():
        os.environ.setdefault(variable, value)
    try:
        described = topologies.get_topology_desc(name, platform="tpu")
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"--topology={topology} cannot be described ({reason}). TPUs that are not "
            "here need libtpu, which pip install 'cmgan_jax[tpu]' brings; without it, "
            f"use --topology=cpu-8; {_KNOWN}"
        ) from error
    return Mesh(np.array(described.devices), devices.data_mesh().axis_names)


def measure_ahead(workload: Workload) -> dict[str, Any]:
    """What one call of the update needs of every chip.

    Args:
      workload: with the mesh of `absent_mesh`; it is compiled, not run.

    Returns:
      "chips", "kind", "batch_size_per_chip"; "flops" of one update, counted, "all" and
      "per_chip"; bytes of each chip: "peak_memory_bytes" and by kind in
      "memory_bytes" (as the compiler says), "state_bytes", "batch_bytes" of one update,
      and "reduced_bytes", what it adds up with the other chips' in one update.
    """
    chips = workload.mesh.size
    state, _, batches = workload.shapes
    flops = count_flops(workload.update, *workload.shapes) / workload.steps_per_call
    return {
        "chips": chips,
        "kind": workload.mesh.devices.flat[0].device_kind,
        "batch_size_per_chip": workload.batch_size / chips,
        "flops": {"all": flops, "per_chip": flops / chips},
        **measure_memory(workload),
        "state_bytes": _bytes(state),
        "batch_bytes": _bytes(batches) / chips / workload.steps_per_call,
        "reduced_bytes": reduced_bytes(workload.compiled.as_text()),
    }


def reduced_bytes(program: str) -> int:
    """Bytes of all results of all-reduce in a compiled program, each counted once.

    Args:
      program: XLA's text of it. What a loop repeats is counted once as well.
    """
    arrays = (_ARRAY.findall(result) for result in _SUMS.findall(program))
    return sum(_size(dtype, shape) for found in arrays for dtype, shape in found)


def _size(dtype: str, shape: str) -> int:
    return _WIDTHS[dtype] * math.prod(int(n) for n in shape.split(",") if n)


def _bytes(tree: Any) -> int:
    return sum(
        math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree)
    )


def _cpu_mesh(count: int) -> Mesh:
    here = jax.devices("cpu")
    if not 0 < count <= len(here):
        raise ValueError(
            f"--topology=cpu-{count}: this process has {len(here)} devices of its "
            "processor; JAX_NUM_CPU_DEVICES says how many."
        )
    return Mesh(np.array(here[:count]), devices.data_mesh().axis_names)
