"""How far halving rounds, and how much it multiplies."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.nets import halving
from cmgan_jax.nets.convolution import DIMENSIONS


def _arrays(stride):
    draw = np.random.default_rng(0)
    x = draw.standard_normal((4, 8, 8, 64)) + 0.5
    kernel = draw.standard_normal((4, 4, 64, 32)) / 32
    dy = draw.standard_normal((4, 8 // stride, 8 // stride, 32))
    return x, kernel, dy


def _exact(x, kernel, dy, stride):
    """Value, input gradient and kernel gradient in float64, window by window."""
    padded = np.pad(x, ((0, 0), (1, 2), (1, 2), (0, 0)))
    rows, columns = dy.shape[1:3]
    y, d_padded, d_kernel = np.zeros(dy.shape), np.zeros_like(padded), kernel * 0
    for i, j in np.ndindex(4, 4):
        at = np.s_[:, i : i + stride * rows : stride, j : j + stride * columns : stride]
        y += padded[at] @ kernel[i, j]
        d_padded[at] += dy @ kernel[i, j].T
        d_kernel[i, j] = np.einsum("bhwc,bhwf->cf", padded[at], dy)
    return y, d_padded[:, 1:-2, 1:-2], d_kernel


@pytest.mark.parametrize("stride", [1, 2])
def test_rounding_stays_small(stride):
    x, kernel, dy = arrays = _arrays(stride)
    x, kernel, dy = (jnp.asarray(array, jnp.float32) for array in arrays)
    ours = (
        halving.convolve(x, kernel, stride),
        halving.input_gradient(dy, kernel, stride),
        halving.kernel_gradient(x, dy, stride),
    )
    for one, exact in zip(ours, _exact(*arrays, stride), strict=True):
        assert np.abs(one - exact).max() < 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize(("stride", "share"), [(2, 9 / 16), (1, 81 / 256)])
def test_it_multiplies_less(stride, share):
    x, kernel, _ = (jax.ShapeDtypeStruct(a.shape, jnp.float32) for a in _arrays(stride))

    def direct(x, kernel):
        return lax.conv_general_dilated(
            x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
        )

    dy = jax.eval_shape(direct, x, kernel)
    expected = share * count_flops(direct, x, kernel)
    for form, one, other in (
        (halving.convolve, x, kernel),
        (halving.input_gradient, dy, kernel),
        (halving.kernel_gradient, x, dy),
    ):
        assert (
            count_flops(functools.partial(form, stride=stride), one, other) == expected
        )
