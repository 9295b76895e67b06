"""SA-CMGAN that is told which note is played; nobody has published it.

A code says little of the note, so no generator that has nothing else makes it. Kernel
regression reads it off the source; data have to say which notes are played.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i", name: str = "note_reading") -> ConfigDict:
    """The default system, and the note beside the code."""
    config = base.get_config(argument, name=name)
    config.note_reader.sources = 800
    return config
