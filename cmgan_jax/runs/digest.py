"""32 bits of a tree of arrays, computed where the arrays are."""

from typing import Any

import jax
import jax.numpy as jnp

Tree = Any


def _bits(leaf: jax.Array) -> jax.Array:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    if leaf.dtype == jnp.bool_:
        return leaf.astype(jnp.uint32)
    unsigned = {1: jnp.uint8, 2: jnp.uint16, 4: jnp.uint32}[leaf.dtype.itemsize]
    return jax.lax.bitcast_convert_type(leaf, unsigned).astype(jnp.uint32)


# Compiled for each kind of leaf and no more: one program for all of a large state takes
# XLA half a minute.
@jax.jit
def _sum(leaf: jax.Array) -> jax.Array:
    bits = _bits(leaf).ravel()
    # Mixed before they are summed: flips of equal bits must not cancel out.
    places = _mixed(jnp.arange(bits.size, dtype=jnp.uint32))
    return jnp.sum(_mixed(bits ^ places), dtype=jnp.uint32)


@jax.jit
def _chained(step: jax.Array, sums: list[jax.Array]) -> jax.Array:
    def add(total, one):
        return _mixed(total * 31 + one), None

    total = _mixed(step.astype(jnp.uint32))
    return jax.lax.scan(add, total, jnp.array(sums, jnp.uint32))[0]


def _mixed(x: jax.Array) -> jax.Array:
    """A bijection of 32 bits in which every bit depends on all.

    Shifts and multipliers of Wellons' hash prospector, "lowbias32" (2018).
    """
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def digest(tree: Tree, *, step: int) -> int:
    """32 bits that depend on the step and on every bit: equal for any device layout."""
    sums = [_sum(leaf) for leaf in jax.tree.leaves(tree)]
    return int(_chained(jnp.int32(step), sums))
