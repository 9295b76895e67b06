"""What the measurements ran on."""

import os
from pathlib import Path
from typing import Any

import jax


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
        "processor": _processor(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return ""
    lines = cpuinfo.read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else ""
