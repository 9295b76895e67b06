"""SA-CMGAN without spectral normalisation, the other half of its poster's claim."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """No kernel is normalised."""
    config = base.get_config(argument, name="no_spectral_norm")
    config.model.spectral_norm = "none"
    return config
