"""Our layers against flax's, and what ours add: spectral norm and batch mode."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.layers import (
    BatchNorm,
    Conv,
    ConvTranspose,
    Dense,
    DenseBlock,
    glorot_uniform,
)
from cmgan_jax.nets.spectral_norm import SpectralNorm

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (2, 8, 8, 3))


@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_equal_flax(stride):
    pairs = [
        (Conv(5, stride=stride), nn.Conv),
        (ConvTranspose(5, stride=stride), nn.ConvTranspose),
    ]
    for ours, theirs in pairs:
        variables = ours.init(KEY, X, train=False)
        flax = theirs(5, (4, 4), (stride, stride), use_bias=False)
        np.testing.assert_allclose(
            ours.apply(variables, X, train=False), flax.apply(variables, X), atol=1e-5
        )


@pytest.mark.parametrize("shape", [(4, 4, 3, 8), (20, 5)])
def test_kernels_are_drawn_as_flax_draws_them(shape):
    expected = nn.initializers.glorot_uniform()(KEY, shape)
    np.testing.assert_allclose(glorot_uniform(KEY, shape), expected, atol=1e-6)


def test_singular_vector_moves_in_training_only():
    layer = Conv(5, spectral_norm=SpectralNorm())
    variables = layer.init(KEY, X, train=True)
    start = variables["spectral_stats"]["u"]
    assert start.shape == (5,)
    _, after = layer.apply(variables, X, train=False, mutable=["spectral_stats"])
    np.testing.assert_array_equal(after["spectral_stats"]["u"], start)
    _, after = layer.apply(variables, X, train=True, mutable=["spectral_stats"])
    assert not np.allclose(after["spectral_stats"]["u"], start)
    np.testing.assert_allclose(
        np.linalg.norm(after["spectral_stats"]["u"]), 1.0, rtol=1e-5
    )


def test_spectral_norm_divides_by_the_largest_singular_value():
    layer = Dense(5, use_bias=False, spectral_norm=SpectralNorm(iterations=50))
    x = jnp.eye(3)
    effective, _ = layer.init_with_output(KEY, x, train=False)
    np.testing.assert_allclose(
        np.linalg.svd(effective, compute_uv=False)[0], 1.0, rtol=1e-4
    )


def test_batch_norm_equals_flax():
    x = 3.0 + 2.0 * X
    ours = BatchNorm()
    theirs = nn.BatchNorm(momentum=0.9, epsilon=1e-5)
    variables = ours.init(KEY, x, train=True)
    trained = ours.apply(variables, x, train=True, mutable=["batch_stats"])
    expected = theirs.apply(
        variables, x, use_running_average=False, mutable=["batch_stats"]
    )
    jax.tree.map(_close, trained, expected)
    variables = variables | trained[1]
    _close(
        ours.apply(variables, x, train=False),
        theirs.apply(variables, x, use_running_average=True),
    )


def _close(actual, expected):
    np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_batch_mode_at_test_normalises_and_leaves_the_averages():
    norm = BatchNorm()
    variables = norm.init(KEY, X, train=True)
    expected, _ = norm.apply(variables, X, train=True, mutable=["batch_stats"])
    at_test = norm.apply(variables, X, train=False, batch_statistics=True)
    np.testing.assert_array_equal(at_test, expected)


def test_groups_are_normalised_by_themselves():
    batches = X, 3.0 + 2.0 * X[::-1]
    norm = BatchNorm()
    variables = norm.init(KEY, X, train=True)
    apart = [norm.apply(variables, x, train=True, mutable=True) for x in batches]
    in_turns = jnp.stack(batches, 1).reshape(-1, *X.shape[1:])
    y, after = BatchNorm(groups=2).apply(variables, in_turns, train=True, mutable=True)
    for row, (expected, _) in enumerate(apart):
        _close(y[row::2], expected)
    averages = (new["batch_stats"] for _, new in apart)
    mean = jax.tree.map(lambda a, b: (a + b) / 2, *averages)
    jax.tree.map(_close, after["batch_stats"], mean)


def test_bfloat16_computes_and_float32_remembers():
    block = DenseBlock(4, spectral_norm=SpectralNorm(), dtype=jnp.bfloat16)
    x = X.reshape(2, -1)
    y, variables = block.init_with_output(KEY, x, train=True)
    assert y.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {
        jnp.dtype(jnp.float32)
    }
