"""Streams of random numbers: named, and a pure function of the step."""

import jax
import jax.numpy as jnp
import pytest

from cmgan_jax.training import rng

ROOT = jax.random.key(3)


def bits(key) -> tuple[int, ...]:
    return tuple(jax.random.key_data(key).tolist())


def test_names_steps_and_roots_give_different_keys():
    roots = (ROOT, jax.random.key(4))
    keys = [
        bits(rng.stream(root, name, step))
        for root in roots
        for name in ("z", "shift", "noise", "dropout", "generator")
        for step in range(3)
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("step", [0, 7])
def test_a_traced_step_gives_the_same_key(step):
    traced = jax.jit(lambda step: rng.stream(ROOT, "z", step))(jnp.int32(step))
    assert bits(traced) == bits(rng.stream(ROOT, "z", step))


def test_keys_are_the_same_in_every_version():
    """A resumed run must draw what the interrupted one would have drawn."""
    named = jax.random.fold_in(jax.random.key(0), 0x62D277AF & 0x7FFFFFFF)
    assert bits(rng.stream(jax.random.key(0), "z", 5)) == bits(
        jax.random.fold_in(named, 5)
    )
