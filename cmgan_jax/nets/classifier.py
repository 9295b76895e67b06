"""The classifier on an encoder's features."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.layers import Dense


class Classifier(nn.Module):
    """One dense layer, features [b f] -> logits [b num_classes], float32.

    Attributes:
      num_classes: number of classes.
      dtype: compute dtype.
    """

    num_classes: int
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, features: Float[Array, "b f"]) -> Float[Array, "b classes"]:
        logits = Dense(self.num_classes, dtype=self.dtype, name="dense")
        return logits(features, train=False).astype(jnp.float32)
