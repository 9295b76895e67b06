"""SA-CMGAN without attention, the baseline of its poster."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """No attention in any network."""
    config = base.get_config(argument, name="no_attention")
    config.model.attention_stage = -1
    return config
