"""Sub-URMP as a TFDS builder."""

import pathlib
from typing import ClassVar

import tensorflow_datasets as tfds

from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.datasets.sub_urmp.layout import LAYOUT, plan_sub_urmp
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.listening import listened
from cmgan_jax.prepare.paired_config import RecordedConfig
from cmgan_jax.prepare.plan import Plan


class SubUrmp(PairedBuilder):
    """Musicians of 13 instruments: half a second of sound and its first video frame."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First version."}
    BUILDER_CONFIGS = (RecordedConfig(),)
    DESCRIPTION = (
        "Sub-URMP: half-second windows of solo performances of 13 instruments, one "
        "every 0.1 s, each with the video frame at its start (71,230 pairs in train, "
        "9,575 in validation). The released validation split is read as test; "
        "validation is one song per class taken from train."
    )
    HOMEPAGE = "https://www.cs.rochester.edu/~cxu22/d/vagan/"
    CITATION = """@inproceedings{chen2017deep,
  title={Deep Cross-Modal Audio-Visual Generation},
  author={Chen, Lele and Srivastava, Sudhanshu and Duan, Zhiyao and Xu, Chenliang},
  booktitle={Thematic Workshops of ACM Multimedia},
  year={2017}
}"""
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "Download Sub-URMP from https://www.cs.rochester.edu/~cxu22/d/vagan/ and give "
        f"its archive, or the folder that holds {LAYOUT}, as --source."
    )

    def _plan(self, source: pathlib.Path, scratch: pathlib.Path) -> Plan:
        """See `layout`."""
        plan = plan_sub_urmp(
            open_source(source, scratch, expected=("img", "chunk", "lms")),
            pictures_of_sound=self.builder_config.representation.sound == "pictures",
        )
        return listened(plan) if self.builder_config.listen else plan
