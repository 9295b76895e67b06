"""The generator: a code and noise to a picture or spectrogram."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.attention import SelfAttention
from cmgan_jax.nets.layers import BatchNorm, ConvTranspose, Dense
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.nets.trunk import require_stage, stages

LATE_STAGES = ("norm_relu", "sigmoid")


class Generator(nn.Module):
    """The trunk in mirror: a dense layer, then one transposed convolution per stage.

    Attributes:
      channels: channels of the result.
      image_size: height and width of the result, in pixels.
      width: channels of the map before the last stage.
      spectra: products of a column and a row that are added to the map before the
        last activation, 0 for none. A spectrogram is a few spectra, each sounding for a
        while (Smaragdis and Brown 2003); convolutions draw its lines slowly.
      sketches: whole pictures that are mixed and added there too, 0 for none: a first
        guess, rooms and people, to which the convolutions add what is fine.
      hidden_size: of the layers that those are made from.
      late_stages: activation of the last two hidden stages: "norm_relu" as in the
        others, or "sigmoid" without batch normalisation (the authors' graph).
      attention_stage: trunk stage whose map the attention mirrors: 0 is the last
        hidden map, of `width` channels; None for no attention.
      attention_form: see `SelfAttention`.
      attention_batch_statistics: see `SelfAttention.batch_statistics_at_test`.
      spectral_norm: of every kernel, or None.
      dtype: compute dtype.
    """

    channels: int = 3
    image_size: int = 64
    width: int = 64
    spectra: int = 0
    sketches: int = 0
    hidden_size: int = 1024
    late_stages: str = "norm_relu"
    attention_stage: int | None = 0
    attention_form: str = "convolutional"
    attention_batch_statistics: bool = False
    spectral_norm: SpectralNorm | None = None
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, code: Float[Array, "b k"], z: Float[Array, "b q"], *, train: bool
    ) -> Float[Array, "b h w c"]:
        """Pictures or spectrograms in (-1, 1), float32.

        Args:
          code: what to show, [b 64].
          z: standard normal noise, [b q].
          train: normalise by the batch and update the averages.

        Returns:
          [b image_size image_size channels].
        """
        if self.late_stages not in LATE_STAGES:
            raise ValueError(
                f"late_stages={self.late_stages!r}: expected one of {LATE_STAGES}."
            )
        require_stage(self.attention_stage, self.image_size)
        trunk = stages(self.image_size)
        x = self._smallest_map(code, z, trunk, train)
        x = self._attend_after(len(trunk) - 1, x, train)
        for index in range(len(trunk) - 1, 0, -1):
            channels = trunk[index - 1].multiplier * self.width
            x = self._deconv(index, channels, trunk[index].stride)(x, train=train)
            x = self._activate(index, x, train)
            x = self._attend_after(index - 1, x, train)
        x = self._deconv(0, self.channels, trunk[0].stride)(x, train=train)
        if self.spectra:
            x = x + self._spectra(code, z, train)
        if self.sketches:
            x = x + self._sketches(code, z, train)
        return jnp.tanh(x.astype(jnp.float32))

    def _smallest_map(self, code, z, trunk, train):
        side = self.image_size
        for stage in trunk:
            side //= stage.stride
        shape = (side, side, trunk[-1].multiplier * self.width)
        x = jnp.concatenate([code.astype(self.dtype), z.astype(self.dtype)], -1)
        dense = self._dense("dense", shape[0] * shape[1] * shape[2])
        x = BatchNorm(dtype=self.dtype, name="norm")(dense(x, train=train), train=train)
        return nn.relu(x).reshape(-1, *shape)

    def _spectra(self, code, z, train):
        """Spectra [b h s c], each where it sounds: [b h w c]."""
        x = self._hidden("spectra", code, z, train)
        side, count = self.image_size, self.spectra
        spectra = self._dense("spectra", side * count * self.channels)
        times = self._dense("spectra_times", side * count)
        spectra = spectra(x, train=train).reshape(-1, side, count, self.channels)
        sounding = nn.softmax(times(x, train=train).reshape(-1, side, count))
        return jnp.einsum("bhsc,bws->bhwc", spectra, sounding)

    def _sketches(self, code, z, train):
        """A mixture of learnt pictures, a quarter as large and enlarged: [b h w c]."""
        x = self._hidden("sketches", code, z, train)
        x = self._dense("sketches_mixed", self.sketches)(x, train=train)
        shape = (self.image_size // 4, self.image_size // 4, self.channels)
        sketches = self._dense("sketches", shape[0] * shape[1] * shape[2])
        x = sketches(x, train=train).reshape(-1, *shape)
        large = (x.shape[0], self.image_size, self.image_size, self.channels)
        return jax.image.resize(x, large, "linear")

    def _hidden(self, name, code, z, train):
        """A hidden layer of what the generator is told, beside the convolutions."""
        x = jnp.concatenate([code.astype(self.dtype), z.astype(self.dtype)], -1)
        hidden = self._dense(f"{name}_hidden", self.hidden_size)
        norm = BatchNorm(dtype=self.dtype, name=f"{name}_norm")
        return nn.relu(norm(hidden(x, train=train), train=train))

    def _dense(self, name, features):
        norm = self.spectral_norm
        return Dense(features, spectral_norm=norm, dtype=self.dtype, name=name)

    def _deconv(self, index, channels, stride):
        return ConvTranspose(
            channels,
            stride=stride,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name=f"deconv{index + 1}",
        )

    def _activate(self, index, x, train):
        if self.late_stages == "sigmoid" and index <= 2:
            return nn.sigmoid(x)
        norm = BatchNorm(dtype=self.dtype, name=f"norm{index + 1}")
        return nn.relu(norm(x, train=train))

    def _attend_after(self, index, x, train):
        if index != self.attention_stage:
            return x
        attention = SelfAttention(
            form=self.attention_form,
            batch_statistics_at_test=self.attention_batch_statistics,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name="attention",
        )
        return attention(x, train=train)
