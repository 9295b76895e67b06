"""Convolutions, plain and transposed, and derivatives that no platform is slow at.

A CPU computes large 4 x 4 convolutions by `nets/halving.py`. XLA's CPU backend sends
the kernel gradient of a dilated-input convolution down a path some fifty times slower
than the ordinary one; the derivative of `conv_transpose` avoids it everywhere.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from cmgan_jax.nets import halving

DIMENSIONS = ("NHWC", "HWIO", "NHWC")
# Halving adds in every pixel to multiply less in every pair of channels, and its sums
# have to be worth starting: it pays on a CPU from these numbers on.
CHANNEL_PAIRS = 2**13
PRODUCTS = 2**26  # of a pixel and a pair of channels


def convolve(
    x: Float[Array, "b h w c"], kernel: Float[Array, "kh kw c f"], stride: int
) -> Float[Array, "b H W f"]:
    """Convolution, "SAME" padding: H = h / stride, W = w / stride, rounded up.

    Args:
      x: input maps.
      kernel: window, input channels, output channels.
      stride: of the window, along height and width.

    Returns:
      The maps, in the dtype of `x`.
    """
    if kernel.shape[:2] == (1, 1) and stride == 1:
        # A matrix product, which XLA's CPU backend does not notice: five times slower.
        return x @ kernel[0, 0]
    if _halving_pays(x.shape[:3], kernel, stride):
        return _convolve_by_platform(x, kernel, stride)
    return _convolve(x, kernel, stride)


def _convolve(x, kernel, stride, padding="SAME"):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=DIMENSIONS
    )


def _halving_pays(positions, kernel, stride):
    """Whether a CPU should halve; positions (b, h, w) are those of the larger maps."""
    b, h, w = positions
    pairs = kernel.shape[2] * kernel.shape[3]
    return (
        kernel.dtype == jnp.float32
        and kernel.shape[:2] == (4, 4)
        and stride in (1, 2)
        and h % 4 == 0
        and w % 4 == 0
        and pairs >= CHANNEL_PAIRS
        and pairs * b * (h // stride) * (w // stride) >= PRODUCTS
    )


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolve_by_platform(x, kernel, stride):
    return _by_platform(halving.convolve, _convolve, x, kernel, stride)


def _convolve_forward(x, kernel, stride):
    return _convolve_by_platform(x, kernel, stride), (x, kernel)


def _convolve_backward(stride, residuals, dy):
    x, kernel = residuals
    dx = _by_platform(halving.input_gradient, _input_gradient, dy, kernel, stride)
    return dx, _by_platform(halving.kernel_gradient, _kernel_gradient, x, dy, stride)


_convolve_by_platform.defvjp(_convolve_forward, _convolve_backward)


def _by_platform(halved, native, left, right, stride):
    """One of two forms of the same function, halved on a CPU."""
    return lax.platform_dependent(
        left,
        right,
        cpu=lambda left, right: halved(left, right, stride),
        default=lambda left, right: native(left, right, stride),
    )


def _input_gradient(dy, kernel, stride):
    b, h, w, _ = dy.shape
    shape = (b, stride * h, stride * w, kernel.shape[2])
    x = jax.ShapeDtypeStruct(shape, dy.dtype)
    return jax.linear_transpose(lambda x: _convolve(x, kernel, stride), x)(dy)[0]


def _kernel_gradient(x, dy, stride):
    shape = (4, 4, x.shape[-1], dy.shape[-1])
    kernel = jax.ShapeDtypeStruct(shape, dy.dtype)
    return jax.linear_transpose(lambda k: _convolve(x, k, stride), kernel)(dy)[0]


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
    b, h, w, _ = x.shape
    if _halving_pays((b, stride * h, stride * w), kernel, stride):
        flipped = _flipped(kernel)
        return _by_platform(halving.input_gradient, _input_gradient, x, flipped, stride)
    return lax.conv_transpose(
        x, kernel, (stride, stride), "SAME", dimension_numbers=DIMENSIONS
    )


def _forward(x, kernel, stride):
    return conv_transpose(x, kernel, stride), (x, kernel)


def _backward(stride, residuals, dy):
    x, kernel = residuals
    if _halving_pays(dy.shape[:3], kernel, stride):
        flipped = _flipped(kernel)
        dx = _by_platform(halving.convolve, _convolve, dy, flipped, stride)
        gradient = _by_platform(
            halving.kernel_gradient, _kernel_gradient, dy, x, stride
        )
        return dx, _flipped(gradient)
    dx, kernel_gradient = jax.vjp(lambda k: _adjoint(dy, k, stride), kernel)
    return dx, kernel_gradient(x)[0]


conv_transpose.defvjp(_forward, _backward)


def _adjoint(dy, kernel, stride):
    """The strided convolution whose adjoint `conv_transpose` is."""
    padding = [_adjoint_padding(size, stride) for size in kernel.shape[:2]]
    return _convolve(dy, _flipped(kernel), stride, padding)


def _flipped(kernel):
    """The window turned about, input and output channels swapped."""
    return jnp.flip(kernel, (0, 1)).swapaxes(2, 3)


def _adjoint_padding(size, stride):
    """Padding of one axis that takes `stride * n` positions back to n.

    `lax.conv_transpose` pads "SAME" outputs by half of size + stride - 2, rounded up,
    in front (or size - 1 where the stride is larger than size - 1); what one operation
    keeps of its window, the other pads.
    """
    total = size + stride - 2
    before = size - 1 if stride > size - 1 else -(-total // 2)
    return size - 1 - before, size - 1 - (total - before)
