"""What the measurements ran on."""

import os
from pathlib import Path
from typing import Any

import jax

CPUINFO = Path("/proc/cpuinfo")
# What decides how fast a processor multiplies matrices, above all in bfloat16.
FEATURES = (
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_bf16", "amx_int8", "asimd", "bf16", "sve", "sve2"),
)


def describe_machine() -> dict[str, Any]:
    """The devices, and on a CPU how many cores this process may use."""
    device = jax.devices()[0]
    usable = getattr(os, "sched_getaffinity", None)
    return {
        "backend": jax.default_backend(),
        "device": device.device_kind,
        "devices": jax.device_count(),
        "cores": len(usable(0)) if usable else os.cpu_count(),
        "load": os.getloadavg()[0],
        **describe_processor(CPUINFO.read_text() if CPUINFO.exists() else ""),
    }


def describe_processor(cpuinfo: str) -> dict[str, str]:
    """The processor's name, and which of `FEATURES` it has; empty where unknown.

    Args:
      cpuinfo: what Linux says in /proc/cpuinfo.
    """
    lines = [line.partition(":") for line in cpuinfo.splitlines()]
    fields = {name.strip(): value.strip() for name, _, value in lines}
    flags = fields.get("flags", fields.get("Features", "")).split()
    return {
        "processor": fields.get("model name", ""),
        "processor_features": " ".join(name for name in FEATURES if name in flags),
    }
