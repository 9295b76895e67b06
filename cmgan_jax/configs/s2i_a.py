"""S2I-A of Chen et al. 2017: the encoder comes from an autoencoder."""

from ml_collections import ConfigDict

from cmgan_jax.configs import chen2017


def get_config(argument: str = "s2i") -> ConfigDict:
    """No label takes part in what the encoder learns."""
    config = chen2017.get_config(argument, name="s2i_a")
    config.classifier.objective = "reconstruction"
    return config
