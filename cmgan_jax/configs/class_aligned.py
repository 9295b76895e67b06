"""SA-CMGAN for sounds and pictures that share only their class, and for few of them."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """No loss asks which pair is one moment; a small set is not learnt by heart."""
    config = base.get_config(argument, name="class_aligned")
    config.classifier.pair_weight = 0.0
    config.classifier.steps *= 3
    config.gan.pair_weight = 0.0

    config.variation.shift = 6
    config.variation.noise = 0.3
    config.variation.tint = 0.2
    config.variation.cutout = 0.4
    config.variation.mirror = True
    config.gan.discriminator_varied = True

    config.run.choose_on_validation = True
    return config
