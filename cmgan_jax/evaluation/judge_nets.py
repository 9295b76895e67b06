"""The networks of the judges: two of different build, so that they err differently.

Neither is built like the encoders of the systems, which have even kernels, leaky
rectifiers and attention. Both vary what they are trained on, so that they know new
people, cameras and microphones.
"""

import jax
from flax import linen as nn
from jax import numpy as jnp
from jaxtyping import Array, Float, Key


class JudgeNetwork(nn.Module):
    """What judges share: the input is varied in training, and features are given.

    Attributes:
      num_classes: m.
      modality: "image" or "sound"; says how training varies the input.
    """

    num_classes: int
    modality: str

    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b m"]:
        """Logits of pictures or spectrograms in [-1, 1]."""
        return self.look(x, train=train)[1]

    @nn.compact
    def look(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> tuple[Float[Array, "b f"], Float[Array, "b m"]]:
        """Features, which the last layer tells the classes apart by, and logits."""
        if train:
            x = vary(x, self.make_rng("dropout"), modality=self.modality)
        features = self.describe(x, train=train)
        kept = nn.Dropout(0.3, deterministic=not train)(features)
        return features, nn.Dense(self.num_classes, name="classes")(kept)


class StridedJudge(JudgeNetwork):
    """Strided convolutions with BatchNorm, and the mean over the whole map.

    Position is averaged away: it sees what is there, not where it is.

    Attributes:
      channels: of each halving of the map.
    """

    channels: tuple[int, ...] = (32, 64, 96, 128)

    def describe(self, x, *, train: bool):
        """Features [b f] of items [b h w c]."""
        for i, channels in enumerate(self.channels):
            size = (5, 5) if i == 0 else (3, 3)
            x = nn.Conv(channels, size, strides=2, use_bias=False, name=f"conv_{i}")(x)
            x = nn.BatchNorm(
                use_running_average=not train, momentum=0.9, name=f"norm_{i}"
            )(x)
            x = nn.relu(x)
        return x.mean(axis=(1, 2))


class PooledJudge(JudgeNetwork):
    """Blocks of 2 x 2, convolutions, the greatest of each 2 x 2, and a dense layer.

    After Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
    Recognition, 2015. The dense layer reads the map flat, so it sees where things are;
    GroupNorm normalises no item by another.

    Attributes:
      channels: before each halving of the map.
      hidden: features f.
    """

    channels: tuple[int, ...] = (24, 48, 64)
    hidden: int = 128

    def describe(self, x, *, train: bool):
        """Features [b f] of items [b h w c]; h and w are multiples of 16."""
        x = _side_by_side(x)
        for i, channels in enumerate(self.channels):
            x = nn.Conv(channels, (3, 3), name=f"conv_{i}")(x)
            x = nn.GroupNorm(num_groups=8, name=f"norm_{i}")(x)
            x = _greatest(nn.relu(x))
        x = x.reshape(len(x), -1)
        x = nn.Dropout(0.3, deterministic=not train)(x)
        return nn.relu(nn.Dense(self.hidden, name="hidden")(x))


def vary(
    x: Float[Array, "b h w c"], key: Key[Array, ""], *, modality: str
) -> Float[Array, "b h w c"]:
    """Changes items as another camera or another microphone would.

    A picture gets another contrast (0.7 to 1.3), brightness (up to 0.3) and colour of
    light (0.1 per channel). A sound, whose levels are logarithmic, becomes louder or
    softer as a whole (0.15, which is 6 of 80 dB), brighter or darker (as much between
    the lowest and the highest band), and starts up to an eighth of a window sooner or
    later, its end coming round to its start.

    Args:
      x: items in [-1, 1].
      key: of all that is drawn; every item is changed differently.
      modality: "image" or "sound".

    Returns:
      Items in [-1, 1].
    """
    keys = jax.random.split(key, 3)
    batch, height, width, channels = x.shape

    def draw(key, limit, size=1):
        return jax.random.uniform(key, (batch, 1, 1, size), minval=-limit, maxval=limit)

    if modality == "image":
        mean = x.mean(axis=(1, 2, 3), keepdims=True)
        x = mean + (1.0 + draw(keys[0], 0.3)) * (x - mean)
        x = x + draw(keys[1], 0.3) + draw(keys[2], 0.1, channels)
    else:
        slope = jnp.linspace(-0.5, 0.5, height).reshape(1, height, 1, 1)
        x = x + draw(keys[0], 0.15) + draw(keys[1], 0.15) * slope
        reach = width // 8
        moved = jax.random.randint(keys[2], (batch,), -reach, reach + 1)
        x = jax.vmap(lambda item, by: jnp.roll(item, by, axis=1))(x, moved)
    return jnp.clip(x, -1.0, 1.0)


def _blocks(x):
    """[b h w c] as blocks of 2 x 2: [b h/2 2 w/2 2 c]."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels)


def _side_by_side(x):
    """Each block of 2 x 2 as one place with four times the channels."""
    batch, height, width, channels = x.shape
    blocks = _blocks(x).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(batch, height // 2, width // 2, 4 * channels)


def _greatest(x):
    """The greatest of each 2 x 2, which XLA's pooling finds slowly on a processor."""
    return _blocks(x).max(axis=(2, 4))
