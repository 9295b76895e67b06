"""People's own folders of sounds and pictures as a TFDS builder."""

import pathlib
from typing import ClassVar

import tensorflow_datasets as tfds

from cmgan_jax.prepare.builder import PairedBuilder, PairedConfig
from cmgan_jax.prepare.datasets.paired_folders.layout import (
    IMAGE_FOLDERS,
    LAYOUT,
    PICTURE_OF_SOUND_FOLDERS,
    SPLIT_OF,
)
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.plan import Plan


class PairedFolders(PairedBuilder):
    """Sounds and pictures in folders, one folder per class and modality."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar = {"1.0.0": "First version."}
    BUILDER_CONFIGS = (PairedConfig(),)
    DESCRIPTION = (
        "Sounds and pictures of any classes in folders. Files of one stem are one "
        "moment if most files have such a partner; otherwise sounds and pictures share "
        "only their class, and recordings give a window every 0.1 s."
    )
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        f"Put the files into folders {LAYOUT} and give their parent, or a zip or tar "
        "archive of it, as --source."
    )

    def _plan(self, source: pathlib.Path, scratch: pathlib.Path) -> Plan:
        """See `layout` and `planning`."""
        known = (*IMAGE_FOLDERS, *PICTURE_OF_SOUND_FOLDERS, *SPLIT_OF)
        return plan_paired_folders(
            open_source(source, scratch, expected=known),
            pictures_of_sound=self.builder_config.representation.sound == "pictures",
        )
