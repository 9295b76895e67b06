"""Two encoders and two decoders that make either modality of either one."""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import Generator
from cmgan_jax.nets.layers import take_turns

Made = tuple[Float[Array, "n h w c"], Float[Array, "n H W d"]]


class CrossModal(nn.Module):
    """The four sub-networks of CMCGAN (Hao et al. 2018, figure 1), which share weights.

    An encoder and a decoder make each: sound to image, image to image, image to sound
    and sound to sound; noise stands beside every code.

    Attributes:
      image_encoder: of pictures.
      sound_encoder: of spectrograms.
      image_decoder: makes pictures of a code and z.
      sound_decoder: makes spectrograms of a code and z.
    """

    image_encoder: Encoder
    sound_encoder: Encoder
    image_decoder: Generator
    sound_decoder: Generator

    def __call__(
        self,
        image: Float[Array, "b h w c"],
        sound: Float[Array, "b H W d"],
        z: Float[Array, "2 n q"],
        *,
        train: bool,
    ) -> Made:
        """Each modality made of the other, and of itself.

        Args:
          image: pictures in [-1, 1].
          sound: spectrograms in [-1, 1].
          z: noise of the pictures and of the spectrograms, n = 2 b.
          train: normalise by the batch and update the averages.

        Returns:
          Pictures and spectrograms in (-1, 1): in even rows those made of the other
          modality of a pair, in odd rows those made of the same.
        """
        of_image = self._code(image, "image", train)
        of_sound = self._code(sound, "sound", train)
        return (
            self.image_decoder(take_turns([of_sound, of_image]), z[0], train=train),
            self.sound_decoder(take_turns([of_image, of_sound]), z[1], train=train),
        )

    def exchange(
        self,
        image: Float[Array, "n h w c"],
        sound: Float[Array, "n H W d"],
        z: Float[Array, "2 n q"],
        *,
        train: bool,
    ) -> Made:
        """Pictures made of the spectrograms, and spectrograms made of the pictures."""
        of_image = self._code(image, "image", train)
        of_sound = self._code(sound, "sound", train)
        return (
            self.image_decoder(of_sound, z[0], train=train),
            self.sound_decoder(of_image, z[1], train=train),
        )

    def turn(
        self,
        x: Float[Array, "b h w c"],
        z: Float[Array, "b q"],
        *,
        source: str,
        target: str,
        train: bool,
    ) -> Float[Array, "b H W d"]:
        """Items of one modality made of those of another, both by name."""
        decoder = getattr(self, f"{target}_decoder")
        return decoder(self._code(x, source, train), z, train=train)

    def _code(self, x: jnp.ndarray, modality: str, train: bool) -> jnp.ndarray:
        _, code = getattr(self, f"{modality}_encoder")(x, train=train)
        return code
