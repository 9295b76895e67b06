"""SA-CMGAN (Tan et al., ICASSP 2020) with the reference's defects corrected."""

from cmgan_jax.configs import base

get_config = base.get_config
