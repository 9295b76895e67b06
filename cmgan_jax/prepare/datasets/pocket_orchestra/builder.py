"""The pocket orchestra as a TFDS builder."""

import dataclasses
import pathlib
from typing import ClassVar

import tensorflow_datasets as tfds

from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.datasets.pocket_orchestra.tasks import plan_orchestra
from cmgan_jax.prepare.paired_config import PairedConfig
from cmgan_jax.prepare.plan import Plan


@dataclasses.dataclass
class PocketOrchestraConfig(PairedConfig):
    """Settings of the pocket orchestra.

    Attributes:
      seed: decides songs and casting.
      scale: windows of the songs; 1 gives about 20,000 training pairs.
    """

    seed: int = 0
    scale: float = 1.0


class PocketOrchestra(PairedBuilder):
    """Drawn musicians of 13 instruments and the songs they play, made from code."""

    VERSION = tfds.core.Version("2.0.0")
    RELEASE_NOTES: ClassVar = {
        "2.0.0": "Clothes, room, light, camera and recording are drawn per song; "
        "everybody plays every instrument; pictures show real fingerings.",
        "1.0.0": "First version; its test pictures were near copies of training ones.",
    }
    BUILDER_CONFIGS: ClassVar = [PocketOrchestraConfig()]
    DESCRIPTION = (
        "Thirteen instruments under Sub-URMP's names, played by drawn musicians. "
        "Every song is composed, synthesised and drawn by code from a seed; windows "
        "start every 0.1 s and each has the picture of its first moment. Splits "
        "are by song; every song has its own clothes, room, light, camera and "
        "recording, and shows how its notes are fingered. test_performers has people "
        "who play in no other split."
    )

    def _plan(self, source: pathlib.Path | None, scratch: pathlib.Path) -> Plan:
        """One task per song; needs neither source nor scratch."""
        config = self.builder_config
        return plan_orchestra(
            config.seed,
            scale=config.scale,
            window_seconds=config.representation.window_seconds,
        )
