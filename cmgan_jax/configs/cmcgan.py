"""CMCGAN (Hao et al. 2018): one run of both directions, `--config=cmcgan:both`.

Layer sizes, |Z|, rates and weights are not in the paper; WORKSPACE.md's fidelity ledger
says what was taken.
"""

from ml_collections import ConfigDict

from cmgan_jax.configs import base


def get_config(argument: str = "both") -> ConfigDict:
    """Joint corresponding adversarial loss and consistency of four sub-networks."""
    config = base.get_config(argument, name="cmcgan")
    config.system = "cmcgan"
    base.adversarial_alone(config)

    config.model.attention_stage = -1
    config.model.spectral_norm = "none"

    config.gan.loss = "non_saturating"
    config.gan.reconstruction_weight = 10.0  # of the consistency loss
    return config
