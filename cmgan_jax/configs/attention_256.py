"""SA-CMGAN with attention where its maps hold 256 channels, 8 x 8.

One of the places that the poster compares; channels are those of the full width.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """Attention after the third stage, mirrored in the generator."""
    config = base.get_config(argument, name="attention_256")
    config.model.attention_stage = 2
    return config
