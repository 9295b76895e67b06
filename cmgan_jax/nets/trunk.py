"""The convolutional stages of encoder and discriminator; the generator mirrors them."""

import dataclasses
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.attention import SelfAttention
from cmgan_jax.nets.layers import BatchNorm, Conv, leaky_relu
from cmgan_jax.nets.spectral_norm import SpectralNorm


@dataclasses.dataclass(frozen=True)
class Stage:
    """One 4 x 4 convolution: channels as a multiple of the width, and its stride."""

    multiplier: int
    stride: int


AUTHORS_SIZE = 64
STAGES = (Stage(1, 2), Stage(2, 2), Stage(4, 2), Stage(4, 1), Stage(8, 2))


def stages(image_size: int) -> tuple[Stage, ...]:
    """The stages for pictures of one size: the authors' five for 64 pixels or fewer.

    Args:
      image_size: height and width in pixels, a power of two, 16 or more.

    Returns:
      The authors' stages; each doubling beyond 64 pixels appends one of the last kind,
      so that the final map stays 4 x 4.
    """
    if image_size < 16 or image_size & (image_size - 1):
        raise ValueError(f"image_size={image_size}: expected a power of two >= 16.")
    doublings = max(0, image_size.bit_length() - (64).bit_length())
    return STAGES + (STAGES[-1],) * doublings


def require_stage(attention_stage: int | None, image_size: int) -> None:
    """Raises ValueError where `attention_stage` is no index into the stages."""
    count = len(stages(image_size))
    if attention_stage is not None and not 0 <= attention_stage < count:
        raise ValueError(
            f"attention_stage={attention_stage}: expected None or 0 to {count - 1} "
            f"({image_size}-pixel pictures pass {count} stages)."
        )


class Trunk(nn.Module):
    """Strided convolutions, [b h w c] -> [b 4 4 8*width] for pictures of 64 pixels.

    Attributes:
      width: channels of the first stage.
      norm: batch normalisation in every stage but the first; without it the
        convolutions have a bias.
      groups: see `BatchNorm`.
      attention_stage: stage after which self-attention stands, 0 being the first;
        None for no attention.
      attention_form: see `SelfAttention`.
      attention_batch_statistics: see `SelfAttention.batch_statistics_at_test`.
      spectral_norm: of every kernel, or None.
      dtype: compute dtype.
    """

    width: int = 64
    norm: bool = True
    groups: int = 1
    attention_stage: int | None = 0
    attention_form: str = "convolutional"
    attention_batch_statistics: bool = False
    spectral_norm: SpectralNorm | None = None
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b H W f"]:
        require_stage(self.attention_stage, x.shape[1])
        for index, stage in enumerate(stages(x.shape[1])):
            x = self._conv(index, stage)(x, train=train)
            if self.norm and index > 0:
                x = self._norm(index)(x, train=train)
            x = leaky_relu(x)
            if index == self.attention_stage:
                x = self._attention()(x, train=train)
        return x

    def _conv(self, index, stage):
        return Conv(
            stage.multiplier * self.width,
            stride=stage.stride,
            use_bias=not self.norm,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name=f"conv{index + 1}",
        )

    def _norm(self, index):
        name = f"norm{index + 1}"
        return BatchNorm(groups=self.groups, dtype=self.dtype, name=name)

    def _attention(self):
        return SelfAttention(
            form=self.attention_form,
            norm=self.norm,
            groups=self.groups,
            batch_statistics_at_test=self.attention_batch_statistics,
            spectral_norm=self.spectral_norm,
            dtype=self.dtype,
            name="attention",
        )
