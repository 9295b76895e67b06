"""Convolutions and their derivatives against JAX's own."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cmgan_jax.nets import convolution
from cmgan_jax.nets.convolution import DIMENSIONS, conv_transpose, convolve

OTHER_PLATFORM = "cuda"


def _convolve(x, kernel, stride):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


def _transpose(x, kernel, stride):
    return lax.conv_transpose(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


PAIRS = {"plain": (convolve, _convolve), "transposed": (conv_transpose, _transpose)}


@pytest.fixture
def always_halving(monkeypatch):
    """Halving at sizes small enough for a test."""
    monkeypatch.setattr(convolution, "CHANNEL_PAIRS", 1)
    monkeypatch.setattr(convolution, "PRODUCTS", 1)


def _arrays(size, dtype=jnp.float32, positions=(8, 12)):
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.standard_normal((2, *positions, 3)), dtype)
    return x, jnp.asarray(draw.standard_normal((size, size, 3, 5)), dtype)


def _compare(kind, stride, x, kernel):
    """Value and gradients of ours, after checking that they are JAX's."""
    ours, theirs = PAIRS[kind]
    y, pull = jax.vjp(lambda *a: ours(*a, stride), x, kernel)
    expected, expected_pull = jax.vjp(lambda *a: theirs(*a, stride), x, kernel)
    dy = jnp.asarray(np.random.default_rng(1).standard_normal(y.shape), y.dtype)
    assert y.dtype == x.dtype
    tolerance = {"rtol": 1e-5, "atol": 1e-4}
    if x.dtype == jnp.bfloat16:
        tolerance = {"rtol": 0.02, "atol": 1.0}
    for one, other in zip((y, *pull(dy)), (expected, *expected_pull(dy)), strict=True):
        np.testing.assert_allclose(np.float32(one), np.float32(other), **tolerance)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize(("size", "stride"), [(4, 2), (4, 1), (3, 2), (5, 2), (2, 3)])
def test_value_and_gradients_equal_autodiff(kind, size, stride):
    _compare(kind, stride, *_arrays(size))
    _compare(kind, stride, *_arrays(size, positions=(7, 6)))


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("positions", [(4, 12), (6, 7)])
def test_halving_changes_nothing(kind, stride, positions, always_halving):
    _compare(kind, stride, *_arrays(4, positions=positions))


@pytest.mark.parametrize("kind", PAIRS)
def test_bfloat16(kind, always_halving):
    _compare(kind, 2, *_arrays(4, jnp.bfloat16))


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_cpu_halves_where_it_pays_and_nothing_else_does(kind, stride, always_halving):
    def gradients(x, kernel):
        y, pull = jax.vjp(lambda *a: PAIRS[kind][0](*a, stride), x, kernel)
        return y, pull(y)

    traced = jax.jit(gradients).trace(*_arrays(4))
    counts = {
        platform: lowered.count("stablehlo.convolution")
        for platform in ("cpu", OTHER_PLATFORM)
        for lowered in [traced.lower(lowering_platforms=(platform,)).as_text()]
    }
    assert counts == {"cpu": 0, OTHER_PLATFORM: 3}


@pytest.mark.parametrize(
    ("batch", "inputs", "dtype", "halved"),
    [
        (64, 128, jnp.float32, True),
        (64, 128, jnp.bfloat16, False),
        (4, 128, jnp.float32, False),
        (64, 16, jnp.float32, False),
    ],
)
def test_only_large_products_are_halved(batch, inputs, dtype, halved):
    x = jax.ShapeDtypeStruct((batch, 16, 16, inputs), dtype)
    kernel = jax.ShapeDtypeStruct((4, 4, inputs, 256), dtype)
    lowered = jax.jit(functools.partial(convolve, stride=2)).lower(x, kernel).as_text()
    assert ("stablehlo.convolution" not in lowered) == halved


def test_kernel_gradient_dilates_no_output():
    """The slow path of XLA's CPU backend is a dilated input in the kernel gradient."""
    x, kernel = jnp.ones((2, 4, 4, 3)), jnp.ones((4, 4, 3, 5))
    gradient = jax.jit(jax.grad(lambda k: conv_transpose(x, k, 2).sum()))
    convolutions = [
        line
        for line in gradient.lower(kernel).as_text().splitlines()
        if "stablehlo.convolution" in line
    ]
    assert convolutions
    assert not any("lhs_dilate = [2, 2]" in line for line in convolutions)
