"""The target of the training source most like the source, `retrieval_nearest:both`.

Recognisers that know pairs say where sources lie among moments.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import retrieval


def get_config(argument: str = "both") -> ConfigDict:
    """Of the class that the source is taken for."""
    config = retrieval.get_config(argument, name="retrieval_nearest")
    config.gallery.choice = "nearest"
    return config
