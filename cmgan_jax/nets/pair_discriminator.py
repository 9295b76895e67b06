"""The discriminator of pairs: real both of them, and do they belong together?"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.discriminator import verdict
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.nets.trunk import Trunk


class PairDiscriminator(nn.Module):
    """A trunk for each modality, then two dense layers over both maps.

    Attributes:
      width: channels of the trunks' first stage.
      hidden_size: length of the hidden layer.
      norm: batch normalisation.
      groups: kinds of pairs that take turns in the batch, see `BatchNorm`.
      spectral_norm: of every kernel, or None.
      attention_stage: see `Trunk`, as the next two.
      attention_form: see `SelfAttention`.
      attention_batch_statistics: see `SelfAttention.batch_statistics_at_test`.
      dtype: compute dtype.
    """

    width: int = 64
    hidden_size: int = 1024
    norm: bool = True
    groups: int = 1
    spectral_norm: SpectralNorm | None = None
    attention_stage: int | None = None
    attention_form: str = "pointwise"
    attention_batch_statistics: bool = False
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "b h w c"],
        sound: Float[Array, "b H W d"],
        *,
        train: bool,
    ) -> Float[Array, " b"]:
        """Logits, float32, large where both are real and of one class.

        Args:
          image: pictures in [-1, 1].
          sound: spectrograms in [-1, 1].
          train: normalise by the batch; update averages and singular vectors.

        Returns:
          One logit per pair, [b].
        """
        shared = {
            "norm": self.norm,
            "groups": self.groups,
            "spectral_norm": self.spectral_norm,
            "dtype": self.dtype,
        }
        maps = []
        for x, name in ((image, "image_trunk"), (sound, "sound_trunk")):
            trunk = Trunk(
                self.width,
                attention_stage=self.attention_stage,
                attention_form=self.attention_form,
                attention_batch_statistics=self.attention_batch_statistics,
                name=name,
                **shared,
            )
            maps.append(trunk(x, train=train).reshape(x.shape[0], -1))
        seen = jnp.concatenate(maps, -1)
        return verdict(seen, self.hidden_size, train=train, **shared)
