"""A training target of the source's class, by chance: one run, `retrieval:both`."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "both", name: str = "retrieval") -> ConfigDict:
    """The recognisers of SA-CMGAN; nothing else learns, and config.gan has no say."""
    config = base.get_config(argument, name=name)
    config.system = "retrieval"
    return config
