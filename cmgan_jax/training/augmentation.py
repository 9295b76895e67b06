"""Random changes of pictures and spectrograms inside the jitted step."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


@dataclasses.dataclass(frozen=True)
class Variation:
    """Random changes that leave an item what it is.

    Attributes:
      shift: largest random shift, in pixels.
      noise: largest deviation of added Gaussian noise, on the scale [-1, 1].
      tint: deviation of contrast and brightness: the light of a picture, the dynamics
        and the level of a sound.
      cutout: largest share of height and of width that is blotted out.
      mirror: half of the items are turned left to right, which suits no sound.
    """

    shift: int = 0
    noise: float = 0.0
    tint: float = 0.0
    cutout: float = 0.0
    mirror: bool = False

    def __call__(
        self, x: Float[Array, "b h w c"], key: Key[Array, ""]
    ) -> Float[Array, "b h w c"]:
        """Every example of a batch, changed in its own way."""
        keys = jax.random.split(key, 5)
        if self.mirror:
            x = mirror(x, keys[0])
        x = shift(x, keys[1], pixels=self.shift)
        x = tint(x, keys[2], deviation=self.tint)
        x = cutout(x, keys[3], share=self.cutout)
        return noise(x, keys[4], level=self.noise)


def mirror(x: Float[Array, "b h w c"], key: Key[Array, ""]) -> Float[Array, "b h w c"]:
    """Turns every second example, drawn by lot, left to right."""
    turned = jax.random.bernoulli(key, shape=(x.shape[0], 1, 1, 1))
    return jnp.where(turned, x[:, :, ::-1], x)


def cutout(
    x: Float[Array, "b h w c"], key: Key[Array, ""], *, share: float
) -> Float[Array, "b h w c"]:
    """Blots out a rectangle of every example by the example's mean colour.

    Its height and width are drawn up to `share` of the example's (DeVries and Taylor
    2017; of spectrograms the masks of Park et al. 2019).
    """
    if share == 0.0:
        return x
    size_key, place_key = jax.random.split(key)
    lengths = jnp.array([x.shape[1:3]], jnp.float32)
    sizes = jax.random.uniform(size_key, (x.shape[0], 2), maxval=share) * lengths
    starts = jax.random.uniform(place_key, sizes.shape) * (lengths - sizes)
    inside = []
    for axis, length in enumerate(x.shape[1:3]):
        position = jnp.arange(length, dtype=jnp.float32)[None]
        start, size = starts[:, axis, None], sizes[:, axis, None]
        inside.append((position >= start) & (position < start + size))
    blot = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
    return jnp.where(blot, x.mean((1, 2), keepdims=True), x)


def shift(
    x: Float[Array, "b h w c"], key: Key[Array, ""], *, pixels: int
) -> Float[Array, "b h w c"]:
    """Moves each example by up to `pixels` rows and columns, repeating the border."""
    if pixels == 0:
        return x
    batch, height, width, channels = x.shape
    border = ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0))
    padded = jnp.pad(x, border, mode="edge")
    corners = jax.random.randint(key, (batch, 2), 0, 2 * pixels + 1)

    def crop(example, corner):
        start = (corner[0], corner[1], 0)
        return jax.lax.dynamic_slice(example, start, (height, width, channels))

    return jax.vmap(crop)(padded, corners)


def noise(
    x: Float[Array, "b h w c"], key: Key[Array, ""], *, level: float
) -> Float[Array, "b h w c"]:
    """Adds Gaussian noise whose deviation is drawn per example from [0, level]."""
    if level == 0.0:
        return x
    deviation_key, noise_key = jax.random.split(key)
    deviation = jax.random.uniform(deviation_key, (x.shape[0], 1, 1, 1), maxval=level)
    return x + deviation * jax.random.normal(noise_key, x.shape)


def tint(
    x: Float[Array, "b h w c"], key: Key[Array, ""], *, deviation: float
) -> Float[Array, "b h w c"]:
    """Other light, or level: contrast and brightness of each example's channels."""
    if deviation == 0.0:
        return x
    contrast_key, brightness_key = jax.random.split(key)
    shape = (x.shape[0], 1, 1, x.shape[-1])
    contrast = 1.0 + deviation * jax.random.normal(contrast_key, shape)
    return x * contrast + deviation * jax.random.normal(brightness_key, shape)
