"""Convolution with 4 x 4 windows in fewer multiplications.

Along one axis, pixels fall into even ones E and odd ones O, and so do the taps of the
window, e and o. Even results are E*e + O*o and odd ones O*e + E'*o, where E' begins
one later: four correlations of half the length. Three are enough (Winograd's F(2, 2)):

    a = (E - O)*e    b = O*(e + o)    c = (O - E')*o    even = a + b    odd = b - c

Along both axes, halved until a window is one tap, what remains is a stack of matrix
products: 9 where there were 16 or, for windows of 4 x 4 positions, 81 where there were
256. Rounding errors are two or three times those of the direct way.
"""

import functools
import math

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def convolve(
    x: Float[Array, "b h w c"], kernel: Float[Array, "4 4 c f"], stride: int
) -> Float[Array, "b H W f"]:
    """Convolution, "SAME" padding: H = h / stride, W = w / stride.

    Args:
      x: input maps; height and width are multiples of 4.
      kernel: window, input channels, output channels.
      stride: 1 or 2.

    Returns:
      The maps, in the dtype of `x`.
    """
    b, h, w, _ = x.shape
    products = _maps(x, stride) @ _kernels(kernel, stride)
    return _joined(products, (b, h // stride, w // stride), stride)


def input_gradient(
    dy: Float[Array, "b H W f"], kernel: Float[Array, "4 4 c f"], stride: int
) -> Float[Array, "b h w c"]:
    """Gradient of the maps that `convolve` was given, from that of its result."""
    b, h, w, _ = dy.shape
    x = jnp.zeros((b, stride * h, stride * w, kernel.shape[2]), dy.dtype)
    _, pull = jax.vjp(lambda x: _maps(x, stride), x)
    return pull(_parted(dy, stride) @ _kernels(kernel, stride).swapaxes(1, 2))[0]


def kernel_gradient(
    x: Float[Array, "b h w c"], dy: Float[Array, "b H W f"], stride: int
) -> Float[Array, "4 4 c f"]:
    """Gradient of the kernel that `convolve` was given, from that of its result."""
    shape = (4, 4, x.shape[-1], dy.shape[-1])
    kernel = jax.ShapeDtypeStruct(shape, dy.dtype)
    pull = jax.linear_transpose(lambda kernel: _kernels(kernel, stride), kernel)
    return pull(_maps(x, stride).swapaxes(1, 2) @ _parted(dy, stride))[0]


def _maps(x, stride):
    """What p products read of the maps, [b h w c] -> [p n c], n positions each.

    With stride 2, every 2 x 2 pixels become one position of 4 c channels, the window
    one of 2 x 2 positions, and the stride 1.
    """
    edges = (1, 3 - stride)
    x = jnp.pad(x, ((0, 0), edges, edges, (0, 0)))
    if stride == 2:
        b, h, w, c = x.shape
        x = x.reshape(b, h // 2, 2, w // 2, 2, c).swapaxes(2, 3)
        x = x.reshape(b, h // 2, w // 2, 4 * c)
    x = x[None]
    for _ in range(_levels(stride)):
        x = _split(_split(x, 2), 3)
    return x.reshape(len(x), -1, x.shape[-1])


def _kernels(kernel, stride):
    """What p products read of the kernel, [4 4 c f] -> [p c f]; see `_maps`."""
    if stride == 2:
        c, f = kernel.shape[2:]
        kernel = kernel.reshape(2, 2, 2, 2, c, f).swapaxes(1, 2)
        kernel = kernel.reshape(2, 2, 4 * c, f)
    kernel = kernel[None]
    for _ in range(_levels(stride)):
        kernel = _split_taps(_split_taps(kernel, 1), 2)
    return kernel[:, 0, 0]


def _joined(products, positions, stride):
    """The result of p products, [p n f] -> [b h w f]; `positions` are b, h and w."""
    levels = _levels(stride)
    b, h, w = positions
    y = products.reshape(len(products), b, h >> levels, w >> levels, -1)
    for _ in range(levels):
        y = _join(_join(y, 3), 2)
    return y[0]


def _parted(dy, stride):
    """The gradients of p products from that of the result, [b h w f] -> [p n f]."""
    *positions, f = dy.shape
    levels = _levels(stride)
    shape = (9**levels, math.prod(positions) // 4**levels, f)
    join = functools.partial(_joined, positions=positions, stride=stride)
    return jax.linear_transpose(join, jax.ShapeDtypeStruct(shape, dy.dtype))(dy)[0]


def _levels(stride):
    """How often a window is halved."""
    return 3 - stride


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _split(x, axis):
    """E - O, O and O - E' along an axis of odd length 2 m + 1: [p ...] -> [3 p ...].

    The derivative is written out: that of a strided slice inserts zeros, which XLA's
    CPU backend is slow at.
    """
    end = x.shape[axis] - 2
    even, odd, later = (
        lax.slice_in_dim(x, start, end + start, 2, axis) for start in range(3)
    )
    return jnp.concatenate([even - odd, odd, odd - later])


def _split_backward(axis, _, parts):
    a, b, c = jnp.split(parts, 3)
    even = _pad(a, axis, (0, 1)) - _pad(c, axis, (1, 0))
    odd = _pad(b + c - a, axis, (0, 1))
    x = _in_turn(even, odd, axis)
    return (lax.slice_in_dim(x, 0, x.shape[axis] - 1, axis=axis),)


_split.defvjp(lambda x, axis: (_split(x, axis), None), _split_backward)


def _split_taps(kernel, axis):
    """e, e + o and o along an axis of even length: [p ...] -> [3 p ...]."""
    even = lax.slice_in_dim(kernel, 0, None, 2, axis)
    odd = lax.slice_in_dim(kernel, 1, None, 2, axis)
    return jnp.concatenate([even, even + odd, odd])


def _join(parts, axis):
    """Even and odd results of the three parts: [3 p ...] -> [p ...]."""
    a, b, c = jnp.split(parts, 3)
    return _in_turn(a + b, b - c, axis)


def _in_turn(even, odd, axis):
    x = jnp.stack([even, odd], axis + 1)
    return x.reshape(*x.shape[:axis], -1, *x.shape[axis + 2 :])


def _pad(x, axis, edges):
    return jnp.pad(x, [edges if i == axis else (0, 0) for i in range(x.ndim)])
