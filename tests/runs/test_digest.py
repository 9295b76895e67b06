"""The digest of a tree of arrays: it sees the step and every bit, and no device."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.runs.digest import digest
from cmgan_jax.runtime import devices

WEIGHTS = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32)
TREE = {
    "weights": jnp.asarray(WEIGHTS),
    "half": jnp.asarray(WEIGHTS[0]).astype(jnp.bfloat16),
    "flag": jnp.array([True, False]),
    "count": jnp.int32(3),
    "rng": jax.random.key(3),
    "none": None,
}


def flipped(*changes: tuple[int, int]) -> dict:
    """TREE with bits of its weights flipped: (place, bit)."""
    bits = WEIGHTS.view(np.uint32).copy().ravel()
    for place, bit in changes:
        bits[place] ^= np.uint32(1 << bit)
    return TREE | {"weights": jnp.asarray(bits.view(np.float32).reshape(64, 32))}


def test_it_is_the_same_wherever_the_arrays_are():
    mesh = devices.data_mesh()
    spread = jax.device_put(TREE, devices.replicated(mesh))
    split = TREE | {"weights": devices.to_devices(WEIGHTS, mesh)}
    expected = digest(TREE, step=4)
    assert digest(spread, step=4) == digest(split, step=4) == expected
    assert digest(TREE, step=5) != expected


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("half", TREE["half"].at[0].multiply(2)),
        ("flag", jnp.array([False, True])),
        ("count", jnp.int32(4)),
        ("rng", jax.random.key(4)),
        ("weights", TREE["weights"][::-1]),
        ("weights", TREE["weights"].at[0].set(TREE["weights"][1])),
    ],
)
def test_it_sees_every_array(name, other):
    assert digest(TREE | {name: other}, step=4) != digest(TREE, step=4)


def test_it_sees_two_arrays_change_places():
    one = {"a": TREE["weights"], "b": -TREE["weights"]}
    other = {"a": one["b"], "b": one["a"]}
    assert digest(one, step=4) != digest(other, step=4)


def test_equal_bits_flipped_do_not_cancel_out():
    """A sum of the words loses an even number of flipped sign bits."""
    trees = [
        *(flipped((place, bit)) for place in (0, 7) for bit in (0, 31)),
        *(flipped((0, bit), (9, bit)) for bit in range(32)),
        flipped(*((place, 31) for place in range(4))),
        TREE | {"weights": -TREE["weights"]},
        TREE | {"weights": TREE["weights"].at[::2].multiply(-1)},
        TREE,
    ]
    assert len({digest(tree, step=4) for tree in trees}) == len(trees)
