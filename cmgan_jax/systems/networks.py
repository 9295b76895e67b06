"""The networks that a configuration describes, for whatever system they serve."""

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp

from cmgan_jax.nets.discriminator import Discriminator
from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import Generator
from cmgan_jax.nets.pair_discriminator import PairDiscriminator
from cmgan_jax.nets.posterior import Posterior
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.systems.interface import Shape
from cmgan_jax.training.augmentation import Variation

# The networks whose kernels are normalised.
SPECTRAL_NORM = {
    "none": (),
    "discriminator": ("discriminator",),
    "both": ("generator", "discriminator"),
}


def variations(config: SimpleNamespace) -> dict[str, Variation]:
    """Modality to the random changes of its items."""
    return {
        name: Variation(**vars(fields))
        for name, fields in vars(config.variation).items()
    }


def encoder(config: SimpleNamespace) -> Encoder:
    """The encoder, of either modality."""
    model = config.model
    return Encoder(
        width=model.width,
        hidden_size=model.hidden_size,
        features_size=model.features_size,
        code_size=model.code_size,
        **_attention(config),
    )


def generator(config: SimpleNamespace, shape: Shape) -> Generator:
    """The generator of targets of one shape, [h w c]."""
    return Generator(
        channels=shape[2],
        image_size=shape[0],
        width=config.model.width,
        spectra=config.gan.spectra,
        sketches=config.gan.sketches,
        hidden_size=config.model.hidden_size,
        late_stages=config.model.late_stages,
        spectral_norm=_spectral_norm(config, "generator"),
        **_attention(config),
    )


def posterior(config: SimpleNamespace) -> Posterior:
    """The posterior, of half the width."""
    model = config.model
    return Posterior(
        z_size=model.z_size,
        width=max(1, model.width // 2),
        hidden_size=max(1, model.hidden_size // 2),
        dtype=jnp.dtype(config.compute_dtype),
    )


def discriminator(config: SimpleNamespace) -> Discriminator:
    """The discriminator of targets and codes."""
    model = config.model
    return Discriminator(
        width=model.width,
        head=model.discriminator_head,
        hidden_size=model.hidden_size,
        norm=model.discriminator_norm,
        spectral_norm=_spectral_norm(config, "discriminator"),
        **_attention(config),
    )


def pair_discriminator(config: SimpleNamespace) -> PairDiscriminator:
    """The discriminator of pairs."""
    model = config.model
    return PairDiscriminator(
        width=model.width,
        hidden_size=model.hidden_size,
        norm=model.discriminator_norm,
        spectral_norm=_spectral_norm(config, "discriminator"),
        **_attention(config),
    )


def _spectral_norm(config, network: str) -> SpectralNorm | None:
    if network not in SPECTRAL_NORM[config.model.spectral_norm]:
        return None
    return SpectralNorm(differentiate=config.model.differentiate_spectral_norm)


def _attention(config) -> dict[str, Any]:
    model = config.model
    return {
        "attention_stage": None if model.attention_stage < 0 else model.attention_stage,
        "attention_form": model.attention_form,
        "attention_batch_statistics": model.attention_batch_statistics,
        "dtype": jnp.dtype(config.compute_dtype),
    }
