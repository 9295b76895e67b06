"""SA-CMGAN at a quarter of its width: minutes on two processor cores."""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(direction: str = "s2i") -> ConfigDict:
    """The default system at the scale of the same name."""
    return base.get_config(f"quickstart/{direction}")
