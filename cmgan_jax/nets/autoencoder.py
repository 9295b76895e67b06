"""An encoder with a decoder on its features: what the autoencoder phase trains."""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import Generator


class Autoencoder(nn.Module):
    """Encoder and decoder of one modality (S2I-A of Chen et al. 2017).

    Attributes:
      encoder: gives the features of a picture or spectrogram.
      decoder: makes it again of its features, without noise.
    """

    encoder: Encoder
    decoder: Generator

    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b h w c"]:
        """The picture or spectrogram again, in (-1, 1).

        The code is computed only to create its parameters, as in `Recogniser`.
        """
        features = self.encoder.features(x, train=train)
        if self.is_initializing():
            self.encoder.code(features, train=train)
        return self.decoder(features, jnp.zeros((x.shape[0], 0)), train=train)
