"""The transposed convolution and its derivative against JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cmgan_jax.nets.conv_transpose import DIMENSIONS, conv_transpose


def _reference(x, kernel, stride):
    return lax.conv_transpose(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


@pytest.mark.parametrize(("size", "stride"), [(4, 2), (4, 1), (3, 2), (5, 2), (2, 3)])
def test_value_and_gradients_equal_autodiff(size, stride):
    draw = np.random.default_rng(0)
    x = jnp.asarray(draw.standard_normal((2, 4, 6, 3)), jnp.float32)
    kernel = jnp.asarray(draw.standard_normal((size, size, 3, 5)), jnp.float32)
    shape = (2, 4 * stride, 6 * stride, 5)
    dy = jnp.asarray(draw.standard_normal(shape), jnp.float32)

    y, pull = jax.vjp(lambda *a: conv_transpose(*a, stride), x, kernel)
    expected, expected_pull = jax.vjp(lambda *a: _reference(*a, stride), x, kernel)

    np.testing.assert_allclose(y, expected, atol=1e-5)
    for ours, theirs in zip(pull(dy), expected_pull(dy), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)


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
