"""The encoder: a picture or spectrogram to the features that say what it shows."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.layers import DenseBlock
from cmgan_jax.nets.trunk import Trunk


class Encoder(nn.Module):
    """Trunk, then three dense blocks: hidden, features and code.

    The classifier reads the features; the code conditions generator and discriminator.
    The parameters of the code's block stand under the top-level key "code".

    Attributes:
      width: channels of the trunk's first stage.
      hidden_size: length of the hidden layer.
      features_size: length of the features.
      code_size: length of the code.
      attention_stage: see `Trunk`, as the next two.
      attention_form: see `SelfAttention`.
      attention_batch_statistics: see `SelfAttention.batch_statistics_at_test`.
      dtype: compute dtype.
    """

    width: int = 64
    hidden_size: int = 1024
    features_size: int = 128
    code_size: int = 64
    attention_stage: int | None = 0
    attention_form: str = "convolutional"
    attention_batch_statistics: bool = False
    dtype: Any = jnp.float32

    def setup(self):
        self.trunk = Trunk(
            self.width,
            attention_stage=self.attention_stage,
            attention_form=self.attention_form,
            attention_batch_statistics=self.attention_batch_statistics,
            dtype=self.dtype,
        )
        self.to_hidden = self._dense_block(self.hidden_size, "hidden")
        self.to_features = self._dense_block(self.features_size, "features")
        self.to_code = self._dense_block(self.code_size, "code")

    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> tuple[Float[Array, "b f"], Float[Array, "b k"]]:
        """Features [b 128] and code [b 64] of pictures or spectrograms in [-1, 1]."""
        features = self.features(x, train=train)
        return features, self.code(features, train=train)

    def features(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b f"]:
        """Features [b 128] of pictures or spectrograms in [-1, 1]."""
        x = self.trunk(x, train=train)
        x = self.to_hidden(x.reshape(x.shape[0], -1), train=train)
        return self.to_features(x, train=train)

    def code(
        self, features: Float[Array, "b f"], *, train: bool
    ) -> Float[Array, "b k"]:
        """Code [b 64] of features [b 128]."""
        return self.to_code(features, train=train)

    def _dense_block(self, size, name):
        return DenseBlock(size, dtype=self.dtype, name=name)
