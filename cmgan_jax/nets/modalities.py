"""One network for each modality, trained together."""

from typing import Any

from flax import linen as nn
from jaxtyping import Array, Float


class Modalities(nn.Module):
    """Two networks side by side.

    Attributes:
      image: of pictures.
      sound: of spectrograms.
    """

    image: nn.Module
    sound: nn.Module

    def __call__(
        self,
        image: Float[Array, "b h w c"],
        sound: Float[Array, "b H W d"],
        *,
        train: bool,
        ask: str = "__call__",
    ) -> tuple[Any, Any]:
        """What the networks' methods called `ask` say of pictures, and of spectrograms.

        Args:
          image: pictures in [-1, 1].
          sound: spectrograms in [-1, 1].
          train: handed on.
          ask: name of a method (items, train) of both networks.
        """
        return (
            getattr(self.image, ask)(image, train=train),
            getattr(self.sound, ask)(sound, train=train),
        )
