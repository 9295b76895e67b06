"""The discriminator: is this picture real, and does it show what the code says?"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.layers import Dense, DenseBlock
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.nets.trunk import Trunk

HEADS = ("dense", "convolution")


class Discriminator(nn.Module):
    """Trunk, the code beside every position of its map, then a head of two layers.

    Attributes:
      width: channels of the trunk's first stage.
      head: "dense" (the authors' graph): a hidden dense layer over the whole map.
        "convolution" (Reed et al. 2016; Chen et al. 2017, figure 2): a 1 x 1
        convolution at every position, then one of the whole map's size.
      hidden_size: length of the hidden dense layer.
      norm: batch normalisation besides spectral normalisation (the authors' graph).
      groups: kinds of pairs that take turns in the batch, see `BatchNorm`.
      spectral_norm: of every kernel, or None.
      attention_stage: see `Trunk`, as the next two.
      attention_form: see `SelfAttention`.
      attention_batch_statistics: see `SelfAttention.batch_statistics_at_test`.
      dtype: compute dtype.
    """

    width: int = 64
    head: str = "dense"
    hidden_size: int = 1024
    norm: bool = False
    groups: int = 1
    spectral_norm: SpectralNorm | None = SpectralNorm()
    attention_stage: int | None = 0
    attention_form: str = "convolutional"
    attention_batch_statistics: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w c"], code: Float[Array, "b k"], *, train: bool
    ) -> Float[Array, " b"]:
        """Logits, float32, large where a picture is real and fits its code.

        Args:
          x: pictures or spectrograms in [-1, 1].
          code: codes of the sources, [b 64].
          train: normalise by the batch; update averages and singular vectors.

        Returns:
          One logit per picture, [b].
        """
        trunk = Trunk(
            self.width,
            norm=self.norm,
            groups=self.groups,
            attention_stage=self.attention_stage,
            attention_form=self.attention_form,
            attention_batch_statistics=self.attention_batch_statistics,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name="trunk",
        )
        x = trunk(x, train=train)
        tiled = jnp.broadcast_to(
            code[:, None, None, :].astype(self.dtype), (*x.shape[:3], code.shape[-1])
        )
        if self.head not in HEADS:
            raise ValueError(f"head={self.head!r}: expected one of {HEADS}.")
        size = {"dense": self.hidden_size, "convolution": x.shape[-1]}[self.head]
        x = jnp.concatenate([x, tiled], -1)
        if self.head == "dense":
            x = x.reshape(x.shape[0], -1)
        return verdict(
            x,
            size,
            train=train,
            norm=self.norm,
            groups=self.groups,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
        )


def verdict(
    x: Float[Array, "b *n c"], size: int, *, train: bool, norm: bool, groups: int, **how
) -> Float[Array, " b"]:
    """One logit, float32, of everything a discriminator has seen.

    Called inside a compact method: its layers "hidden" and "logit" are the module's.

    Args:
      x: what was seen, as a vector or at every position.
      size: of the hidden layer.
      train: normalise by the batch; update averages and singular vectors.
      norm: batch normalisation of the hidden layer.
      groups: see `BatchNorm`.
      **how: spectral_norm and dtype of both layers.
    """
    hidden = DenseBlock(size, norm=norm, groups=groups, name="hidden", **how)
    logit = Dense(1, name="logit", **how)
    x = logit(hidden(x, train=train).reshape(x.shape[0], -1), train=train)
    return x[:, 0].astype(jnp.float32)
