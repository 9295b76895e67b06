"""Chen et al. 2017: S2I-C from sound to image, I2S from image to sound.

What the paper leaves open is that of Reed et al. 2016, whose GAN-CLS loss it trains
with, at the default's rates and batch, which are theirs (Adam 2e-4, beta1 0.5; 64);
WORKSPACE.md's fidelity ledger lists each choice.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "s2i", name: str = "chen2017") -> ConfigDict:
    """An encoder trained to classify; targets of other classes are mismatched."""
    config = base.get_config(argument, name=name)
    base.adversarial_alone(config)

    config.model.attention_stage = -1
    config.model.z_size = 10
    config.model.spectral_norm = "none"
    config.model.discriminator_head = "convolution"

    config.gan.loss = "non_saturating"
    config.gan.conditioning = "code_layer"  # 128 -> 64 is the generator's (figure 2)
    return config
