"""SA-CMGAN exactly as its authors' code computes it, oddities included."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """The reference's graph and schedule; train it on "coloured" or "pictures" data."""
    config = base.get_config(argument, name="sa_cmgan_original")
    base.adversarial_alone(config)

    config.model.attention_form = "convolutional"
    config.model.attention_batch_statistics = True
    config.model.late_stages = "sigmoid"
    config.model.differentiate_spectral_norm = True

    if config.direction == "i2s":
        config.gan.steps = config.gan.steps * 5 // 6  # 12,000 and 10,000
    config.gan.conditioning = "untrained"
    config.gan.generator_learning_rate *= 2.5  # 5e-4
    config.gan.discriminator_learning_rate *= 0.5  # 1e-4
    config.gan.discriminator_every = 2
    return config
