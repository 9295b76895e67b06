"""S2I-N of Chen et al. 2017: without mismatched pairs."""

from ml_collections import ConfigDict

from cmgan_jax.configs import chen2017


def get_config(argument: str = "s2i") -> ConfigDict:
    """The discriminator never sees a real target of another class."""
    config = chen2017.get_config(argument, name="s2i_n")
    config.gan.mismatched_weight = 0.0
    return config
