"""Encoders with a classifier on their features: what the recogniser phase trains."""

import jax.numpy as jnp
from flax import linen as nn
from jaxtyping import Array, Float

from cmgan_jax.nets.classifier import Classifier
from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.layers import Dense

_TINY = 1e-12


class Recogniser(nn.Module):
    """Encoder and classifier of one modality, and where an item lies among pairs.

    Attributes:
      encoder: gives features and the code of a picture or spectrogram.
      num_classes: number of classes.
      paired: has the layer that `place` needs.
    """

    encoder: Encoder
    num_classes: int
    paired: bool = False

    def setup(self):
        self.classifier = Classifier(num_classes=self.num_classes)
        if self.paired:
            self.pair = Dense(self.encoder.code_size)

    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b m"]:
        """Logits over the classes.

        The code is computed only to create its parameters and is dropped: the
        classifier reads the features (systems of 2017 and 2020).
        """
        features = self.encoder.features(x, train=train)
        if self.is_initializing():
            code = self.encoder.code(features, train=train)
            if self.paired:
                self.pair(code, train=train)
        return self.classifier(features)

    def recognise(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> tuple[Float[Array, "b m"], Float[Array, "b k"]]:
        """Logits over the classes and the place among pairs."""
        features = self.encoder.features(x, train=train)
        code = self.encoder.code(features, train=train)
        return self.classifier(features), self.place(code, train=train)

    def place(self, code: Float[Array, "b k"], *, train: bool) -> Float[Array, "b k"]:
        """Of a code: length one, alike for what shows one moment (`pair_loss`)."""
        place = self.pair(code, train=train)
        length = jnp.sqrt(jnp.sum(jnp.square(place), -1, keepdims=True) + _TINY)
        return (place / length).astype(jnp.float32)
