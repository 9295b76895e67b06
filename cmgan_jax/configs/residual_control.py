"""SA-CMGAN with a residual block in attention's place.

SAGAN's control (Zhang et al. 2019, table 1): does attention help, or do its parameters?
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """As many parameters at the same place, without looking elsewhere."""
    config = base.get_config(argument, name="residual_control")
    config.model.attention_form = "residual"
    return config
