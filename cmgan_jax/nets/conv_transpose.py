"""Strided transposed convolution with its derivative written as strided convolutions.

XLA's CPU backend sends the kernel gradient of a dilated-input convolution down a path
some fifty times slower than the ordinary one; this derivative avoids it everywhere.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

DIMENSIONS = ("NHWC", "HWIO", "NHWC")


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def conv_transpose(
    x: Float[Array, "b h w c"], kernel: Float[Array, "kh kw c f"], stride: int
) -> Float[Array, "b H W f"]:
    """Transposed convolution, "SAME" padding: H = stride * h, W = stride * w.

    Equals `jax.lax.conv_transpose(x, kernel, (stride, stride), "SAME")`. A TensorFlow
    `conv2d_transpose` kernel becomes this one by flipping its window and swapping its
    last two axes.

    Args:
      x: input maps.
      kernel: window, input channels, output channels.
      stride: enlargement of height and width.

    Returns:
      The enlarged maps, in the dtype of `x`.
    """
    return lax.conv_transpose(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


def _forward(x, kernel, stride):
    return conv_transpose(x, kernel, stride), (x, kernel)


def _backward(stride, residuals, dy):
    x, kernel = residuals
    dx, kernel_gradient = jax.vjp(lambda k: _adjoint(dy, k, stride), kernel)
    return dx, kernel_gradient(x)[0]


conv_transpose.defvjp(_forward, _backward)


def _adjoint(dy, kernel, stride):
    """The strided convolution whose adjoint `conv_transpose` is."""
    flipped = jnp.flip(kernel, (0, 1)).swapaxes(2, 3)
    return lax.conv_general_dilated(
        dy,
        flipped,
        (stride, stride),
        [_adjoint_padding(size, stride) for size in kernel.shape[:2]],
        dimension_numbers=DIMENSIONS,
    )


def _adjoint_padding(size, stride):
    """Padding of one axis that takes `stride * n` positions back to n.

    `lax.conv_transpose` pads "SAME" outputs by half of size + stride - 2, rounded up,
    in front (or size - 1 where the stride is larger than size - 1); what one operation
    keeps of its window, the other pads.
    """
    total = size + stride - 2
    before = size - 1 if stride > size - 1 else -(-total // 2)
    return size - 1 - before, size - 1 - (total - before)
