"""Trees of arrays as runs save them, each a function of its step."""

import jax
import jax.numpy as jnp

from cmgan_jax.runs.checkpoints import abstract
from cmgan_jax.runs.digest import digest
from cmgan_jax.runtime import devices

EVERYWHERE = devices.replicated(devices.data_mesh())


def tree(step: int):
    weights = jnp.arange(30_000, dtype=jnp.float32).reshape(300, 100) + step
    return {
        "weights": weights,
        "half": weights[0].astype(jnp.bfloat16),
        "flag": jnp.array([True, False]),
        "step": jnp.int32(step),
        "rng": jax.random.key(step),
        "none": None,
    }


def items(step: int):
    return {"training": tree(step), "inference": {"w": tree(step)["weights"][:5]}}


def wanted(*names, where=EVERYWHERE):
    return {name: abstract(items(0)[name], where) for name in names}


def same(first, second) -> bool:
    return digest(first, step=0) == digest(second, step=0)
