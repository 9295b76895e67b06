"""The layers every network is built from.

Kernels are float32 and drawn Glorot-uniform; computation runs in `dtype`; statistics
and singular vectors stay float32. Maps are [b h w c]; padding is "SAME".
"""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from cmgan_jax.nets.convolution import conv_transpose, convolve
from cmgan_jax.nets.spectral_norm import SpectralNorm, normalise

LEAK = 0.2


def leaky_relu(x):
    """Leaky rectifier of slope 0.2, the authors' choice."""
    return nn.leaky_relu(x, LEAK)


def glorot_uniform(key, shape):
    """Kernel drawn from [-a, a], a**2 = 6 / (fan in + fan out) (Glorot, Bengio 2010).

    Drawn flat, with the values of flax's initializer: XLA's CPU compiler spends five
    times as long on a draw of four dimensions.
    """
    *window, inputs, outputs = shape
    bound = math.sqrt(6 / (math.prod(window) * (inputs + outputs)))
    flat = jax.random.uniform(
        key, (math.prod(shape),), jnp.float32, minval=-bound, maxval=bound
    )
    return flat.reshape(shape)


class _Linear(nn.Module):
    """What convolution, transposed convolution and dense layer share.

    Attributes:
      features: output features f.
      use_bias: add one offset per output feature, zero at the start.
      spectral_norm: divides the kernel by its spectral norm; None leaves it as it is.
        The singular vector lives in the collection "spectral_stats".
      dtype: compute dtype.
    """

    features: int
    use_bias: bool = False
    spectral_norm: SpectralNorm | None = None
    dtype: Any = jnp.float32

    def kernel(self, shape, *, train):
        kernel = self.param("kernel", glorot_uniform, shape)
        if self.spectral_norm is not None:
            u = self.variable("spectral_stats", "u", self._initial_vector)
            kernel, refined = normalise(
                kernel, u.value, spectral_norm=self.spectral_norm
            )
            if train and not self.is_initializing():
                u.value = lax.stop_gradient(refined)
        return kernel.astype(self.dtype)

    def add_bias(self, y):
        if not self.use_bias:
            return y
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return y + _beside(y, bias.astype(self.dtype))

    def _initial_vector(self):
        draw = nn.initializers.truncated_normal(1.0)
        return draw(self.make_rng("params"), (self.features,), jnp.float32)


class Conv(_Linear):
    """Convolution, [b h w c] -> [b h/stride w/stride f]."""

    kernel_size: int = 4
    stride: int = 1

    @nn.compact
    def __call__(self, x, *, train: bool):
        window = (self.kernel_size, self.kernel_size)
        kernel = self.kernel((*window, x.shape[-1], self.features), train=train)
        return self.add_bias(convolve(x.astype(self.dtype), kernel, self.stride))


class ConvTranspose(_Linear):
    """Transposed convolution, [b h w c] -> [b h*stride w*stride f]."""

    kernel_size: int = 4
    stride: int = 2

    @nn.compact
    def __call__(self, x, *, train: bool):
        window = (self.kernel_size, self.kernel_size)
        kernel = self.kernel((*window, x.shape[-1], self.features), train=train)
        return self.add_bias(conv_transpose(x.astype(self.dtype), kernel, self.stride))


class Dense(_Linear):
    """Matrix product over the last axis, [... c] -> [... f]."""

    use_bias: bool = True

    @nn.compact
    def __call__(self, x, *, train: bool):
        kernel = self.kernel((x.shape[-1], self.features), train=train)
        return self.add_bias(x.astype(self.dtype) @ kernel)


class BatchNorm(nn.Module):
    """Batch normalisation over all axes but the last (Ioffe and Szegedy 2015).

    flax's own layer cannot normalise by the batch and leave its averages alone, which
    the authors' attention needs at test time, nor several batches in one pass.

    Attributes:
      groups: batches that take turns in the rows: row i belongs to group i % groups.
        Each is normalised by itself; the averages move towards their mean.
      dtype: compute dtype of the result; statistics are float32.
      momentum: share of the old average kept by an update.
      epsilon: added to the variance.
    """

    groups: int = 1
    dtype: Any = jnp.float32
    momentum: float = 0.9
    epsilon: float = 1e-5

    @nn.compact
    def __call__(self, x, *, train: bool, batch_statistics: bool = False):
        """Normalises [... c] to zero mean and unit variance, then scales and shifts.

        Args:
          x: features.
          train: normalise by this batch and update the averages in "batch_stats".
          batch_statistics: normalise by this batch even where `train` is False.

        Returns:
          The normalised features, same shape, in `dtype`.
        """
        shape = (x.shape[-1],)
        scale = self.param("scale", nn.initializers.ones, shape)
        bias = self.param("bias", nn.initializers.zeros, shape)
        mean = self.variable("batch_stats", "mean", jnp.zeros, shape)
        var = self.variable("batch_stats", "var", jnp.ones, shape)
        grouped = x.reshape(-1, self.groups, *x.shape[1:])
        if train or batch_statistics:
            batch_mean, batch_var = _moments(grouped)
        else:
            batch_mean, batch_var = mean.value[None], var.value[None]
        if train and not self.is_initializing():
            keep, add = self.momentum, 1 - self.momentum
            moments = lax.stop_gradient((batch_mean.mean(0), batch_var.mean(0)))
            mean.value = keep * mean.value + add * moments[0]
            var.value = keep * var.value + add * moments[1]
        slope = scale[None] * lax.rsqrt(batch_var + self.epsilon)
        centred = grouped - _per_group(grouped, batch_mean)
        y = centred * _per_group(grouped, slope) + _beside(grouped, bias)
        return y.reshape(x.shape).astype(self.dtype)


def take_turns(kinds):
    """Batches [b ...] of several kinds as one: row i is of kind i % len(kinds)."""
    return jnp.stack(kinds, 1).reshape(-1, *kinds[0].shape[1:])


def _beside(x, vector):
    """One value per feature, shaped to meet the features of x."""
    return lax.expand_dims(vector, range(x.ndim - 1))


def _per_group(x, vectors):
    """One vector per group, [g c], shaped to meet x [b g ... c]."""
    return lax.expand_dims(vectors, (0, *range(2, x.ndim - 1)))


def _moments(x):
    """Mean and biased variance of [b g ... c] per group and feature, float32 [g c]."""
    x = x.astype(jnp.float32)
    axes = (0, *range(2, x.ndim - 1))
    return jnp.mean(x, axes), jnp.var(x, axes)


class DenseBlock(nn.Module):
    """Dense layer, optional batch normalisation, leaky rectifier: [b c] -> [b f].

    Attributes:
      features: output features f.
      norm: normalise by the batch before the rectifier.
      groups: see `BatchNorm`.
      spectral_norm: of the dense kernel, or None.
      dtype: compute dtype.
    """

    features: int
    norm: bool = True
    groups: int = 1
    spectral_norm: SpectralNorm | None = None
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x, *, train: bool):
        dense = Dense(
            self.features,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name="dense",
        )
        x = dense(x, train=train)
        if self.norm:
            norm = BatchNorm(groups=self.groups, dtype=self.dtype, name="norm")
            x = norm(x, train=train)
        return leaky_relu(x)
