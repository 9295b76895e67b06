"""The posterior: which noise would make this target of that source."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.layers import Dense, DenseBlock
from cmgan_jax.nets.trunk import Trunk

# Beyond these, e to the log variance is of no use and only grows.
_LEAST, _MOST = -8.0, 4.0


class Posterior(nn.Module):
    """A trunk without attention and two dense layers, used in training alone.

    After the variational autoencoder (Kingma and Welling 2014), conditional as in
    Larsen et al. 2016 and Zhu et al. 2017 (BicycleGAN): what a target shows that its
    source does not say has to go through z, and z is held close to standard normal
    noise, so that noise makes all of it at test time.

    Attributes:
      z_size: length of z.
      width: channels of the trunk's first stage.
      hidden_size: length of the hidden layer.
      dtype: compute dtype.
    """

    z_size: int
    width: int
    hidden_size: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, target: Float[Array, "b h w c"], code: Float[Array, "b k"], *, train: bool
    ) -> tuple[Float[Array, "b q"], Float[Array, "b q"]]:
        """Mean and logarithm of the variance of z, float32.

        Args:
          target: pictures or spectrograms in [-1, 1].
          code: codes of their sources; what they say need not be in z.
          train: normalise by the batch and update the averages.
        """
        trunk = Trunk(self.width, attention_stage=None, dtype=self.dtype, name="trunk")
        x = trunk(target, train=train).reshape(target.shape[0], -1)
        x = jnp.concatenate([x, code.astype(x.dtype)], -1)
        hidden = DenseBlock(self.hidden_size, dtype=self.dtype, name="hidden")
        moments = Dense(2 * self.z_size, dtype=self.dtype, name="moments")
        x = moments(hidden(x, train=train), train=train).astype(jnp.float32)
        mean, log_variance = jnp.split(x, 2, axis=-1)
        return mean, jnp.clip(log_variance, _LEAST, _MOST)
