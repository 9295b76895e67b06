"""Random changes of pictures and spectrograms inside the jitted step."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key


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
    """Other light: contrast and brightness of every example's colours, each drawn."""
    if deviation == 0.0:
        return x
    contrast_key, brightness_key = jax.random.split(key)
    shape = (x.shape[0], 1, 1, x.shape[-1])
    contrast = 1.0 + deviation * jax.random.normal(contrast_key, shape)
    return x * contrast + deviation * jax.random.normal(brightness_key, shape)
