"""URMP, the films that Sub-URMP was cut from, as a TFDS builder."""

import pathlib
from typing import ClassVar

import tensorflow_datasets as tfds

from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.datasets.urmp.layout import LAYOUT, plan_urmp
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.paired_config import PairedConfig
from cmgan_jax.prepare.plan import Plan


class Urmp(PairedBuilder):
    """Chamber music of 13 instruments: windows of one player, and the player."""

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First version.", "1.1.0": "Pitches."}
    BUILDER_CONFIGS = (PairedConfig(),)
    DESCRIPTION = (
        "The University of Rochester Multi-Modal Music Performance data set: 44 "
        "pieces, each a film of its players side by side and a recording of every one "
        "alone. Windows that are not silent, one every 0.1 s, with "
        "the player's strip of the picture at their start. No split is released: a "
        "tenth of the pieces of every instrument is validation, a tenth test."
    )
    HOMEPAGE = "https://arxiv.org/abs/1612.08727"
    CITATION = """@article{li2018creating,
  title={Creating a Multitrack Classical Music Performance Dataset for Multimodal Music
    Analysis: Challenges, Insights, and Applications},
  author={Li, Bochen and Liu, Xinzhao and Dinesh, Karthik and Duan, Zhiyao and Sharma,
    Gaurav},
  journal={IEEE Transactions on Multimedia},
  year={2018}
}"""
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Ask the authors of https://arxiv.org/abs/1612.08727 for URMP and give the "
        f"folder that holds {LAYOUT}, or an archive of it, as --source."
    )

    def _plan(self, source: pathlib.Path, scratch: pathlib.Path) -> Plan:
        """See `layout`."""
        return plan_urmp(
            open_source(source, scratch, expected=()),
            window_seconds=self.builder_config.representation.window_seconds,
        )
