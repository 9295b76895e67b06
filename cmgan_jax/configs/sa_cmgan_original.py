"""SA-CMGAN exactly as its authors' code computes it, oddities included."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(direction: str = "s2i") -> ConfigDict:
    """The reference's graph and schedule; train it on "coloured" or "pictures" data."""
    config = base.get_config(direction)
    config.name = "sa_cmgan_original"

    config.model.attention_form = "convolutional"
    config.model.attention_batch_statistics = True
    config.model.late_stages = "sigmoid"
    config.model.differentiate_spectral_norm = True

    config.classifier.decay_from = 1.0
    config.classifier.pair_weight = 0.0

    config.variation.shift = 0
    config.variation.noise = 0.0
    config.variation.tint = 0.0

    config.gan.steps = 12000 if direction == "s2i" else 10000
    config.gan.posterior_weight = 0.0
    config.gan.reconstruction_weight = 0.0
    config.gan.classification_weight = 0.0
    config.gan.pair_weight = 0.0
    config.gan.spectra = 0
    config.gan.conditioning = "untrained"
    config.gan.generator_learning_rate = 5e-4
    config.gan.discriminator_learning_rate = 1e-4
    config.gan.discriminator_every = 2
    config.gan.average_decay = 0.0
    return config
