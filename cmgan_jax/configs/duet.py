"""SA-CMGAN that makes what the class does not say; nobody has published it.

It is told the note of the source, and asked for it: readers that learnt from real
targets look for it in the generated ones. Its pictures begin as mixtures of coarse
ones, as its spectrograms do with spectra, from noise as varied as what real ones need.
Data have to say which notes are played.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import note_reading


def get_config(argument: str = "s2i") -> ConfigDict:
    """`note_reading`, whose targets are read as well."""
    config = note_reading.get_config(argument, name="duet")
    config.gan.note_weight = 0.5
    if config.direction == "s2i":
        config.gan.sketches = 64
        config.gan.prior = "learnt"
    return config
