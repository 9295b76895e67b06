"""The same update with attention as it is usually written, left to autodiff."""

import contextlib
from collections.abc import Iterator
from unittest import mock

import jax.numpy as jnp
from flax import linen as nn

from cmgan_jax.benchmark.update import Updates, measure_memory
from cmgan_jax.benchmark.workload import Workload
from cmgan_jax.nets import attention


class PlainPeer:
    """Updates of a workload whose attention keeps its maps for the backward pass.

    Attributes:
      facts: the memory that the compiled update needs.
    """

    def __init__(self, workload: Workload):
        """Compiles; the caller makes the first update."""
        plain = Workload(workload.config, workload.system, workload.mesh)
        with plain_attention():
            self._updates = Updates(plain, warm_up=0)
        self.facts = measure_memory(plain)

    def step(self) -> tuple[float, dict[str, float]]:
        """Makes one update: its wall time in seconds, and its metrics."""
        return self._updates.step()


@contextlib.contextmanager
def plain_attention() -> Iterator[None]:
    """Within the block, networks are traced with the plain form of attention."""
    with (
        mock.patch.object(attention, "attend", _attend),
        mock.patch.object(attention, "halved", _halved),
    ):
        yield


def _attend(query, key, value):
    weights = attention.attention_map(query, key).astype(value.dtype)
    return jnp.einsum("bnm,bmc->bnc", weights, value)


def _halved(x):
    return nn.max_pool(x, (2, 2), (2, 2), "SAME")
