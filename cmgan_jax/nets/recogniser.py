"""An encoder with a classifier on its features: what the classifier phase trains."""

from flax import linen as nn
from jaxtyping import Array, Float


class Recogniser(nn.Module):
    """Encoder and classifier as one network.

    Attributes:
      encoder: gives (features, code) of a picture or spectrogram.
      classifier: gives logits of features.
    """

    encoder: nn.Module
    classifier: nn.Module

    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b m"]:
        """Logits over the classes.

        The code is computed only to create its parameters and is dropped: the
        classifier reads the features (systems of 2017 and 2020).
        """
        features = self.encoder.features(x, train=train)
        if self.is_initializing():
            self.encoder.code(features, train=train)
        return self.classifier(features)
