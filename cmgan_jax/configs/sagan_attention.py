"""SA-CMGAN normalised as SAGAN is (Zhang et al. 2019, section 4).

The attention is SAGAN's 1 x 1 form, as by default; spectral normalisation is in both
networks. Rates stay those of every other system, so that nothing else differs; SAGAN's
own are --config.gan.generator_learning_rate=1e-4 --config.gan.beta1=0.0
--config.gan.discriminator_learning_rate=4e-4.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i") -> ConfigDict:
    """Spectral normalisation in generator and discriminator."""
    config = base.get_config(argument, name="sagan_attention")
    config.model.attention_form = "pointwise"
    config.model.spectral_norm = "both"
    return config
