"""The training target whose moment is most like the source's, `retrieval_nearest:both`.

Recognisers that know pairs say where source and targets lie among moments.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import retrieval


def get_config(argument: str = "both") -> ConfigDict:
    """Of the source's class, and nearest among pairs."""
    config = retrieval.get_config(argument, name="retrieval_nearest")
    config.gallery.choice = "nearest"
    return config
