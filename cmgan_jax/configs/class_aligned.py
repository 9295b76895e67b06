"""SA-CMGAN for sounds and pictures that share only their class, and for few of them."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """No loss asks which pair is one moment; a small set is not learnt by heart."""
    config = base.get_config(argument, name="class_aligned")
    config.classifier.pair_weight = 0.0
    config.classifier.steps *= 3
    config.gan.pair_weight = 0.0

    image = config.variation.image
    image.shift, image.noise, image.tint, image.cutout = 6, 0.2, 0.2, 0.4
    image.mirror = True
    config.gan.discriminator_varied = True

    config.run.choose_on_validation = True
    return config
