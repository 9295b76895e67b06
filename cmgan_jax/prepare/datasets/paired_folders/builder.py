"""People's own folders of sounds and pictures as a TFDS builder."""

import dataclasses
import pathlib
from typing import ClassVar

import tensorflow_datasets as tfds

from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.datasets.paired_folders.layout import (
    FILM_FOLDERS,
    IMAGE_FOLDERS,
    LAYOUT,
    PICTURE_OF_SOUND_FOLDERS,
    SPLIT_OF,
)
from cmgan_jax.prepare.datasets.paired_folders.pairing import ASKED
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.listening import listened
from cmgan_jax.prepare.moments import WINDOWS
from cmgan_jax.prepare.paired_config import RecordedConfig
from cmgan_jax.prepare.plan import Plan


@dataclasses.dataclass
class PairedFoldersConfig(RecordedConfig):
    """What may be asked of people's own folders.

    Attributes:
      pairing: "stem" (files of one name are one moment), "class" (they share their
        class only) or "auto": what the names say.
      window: of a recording that is longer than a window and belongs to one picture,
        the window that is used, "loudest" or "first" (that is not silent).
    """

    pairing: str = "auto"
    window: str = "loudest"

    def __post_init__(self):
        for field, known in (("pairing", ASKED), ("window", WINDOWS)):
            value = getattr(self, field)
            if value not in known:
                raise ValueError(
                    f"{field}={value!r} is unknown; known: {', '.join(known)}."
                )
        super().__post_init__()


class PairedFolders(PairedBuilder):
    """Sounds and pictures in folders, one folder per class and modality."""

    VERSION = tfds.core.Version("1.2.0")
    RELEASE_NOTES: ClassVar = {
        "1.0.0": "First version.",
        "1.1.0": "Long recordings of one picture give their loudest window.",
        "1.2.0": "Films in place of pictures, one row per window of their sound.",
    }
    BUILDER_CONFIGS = (PairedFoldersConfig(),)
    DESCRIPTION = (
        "Sounds and pictures of any classes in folders. Files of one stem are one "
        "moment if most files have such a partner; otherwise sounds and pictures share "
        "only their class, and recordings and films give a row every 0.1 s."
    )
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        f"Put the files into folders {LAYOUT} and give their parent, or a zip or tar "
        "archive of it, as --source."
    )

    def _plan(self, source: pathlib.Path, scratch: pathlib.Path) -> Plan:
        """See `layout` and `planning`."""
        known = (*IMAGE_FOLDERS, *PICTURE_OF_SOUND_FOLDERS, *FILM_FOLDERS, *SPLIT_OF)
        config = self.builder_config
        plan = plan_paired_folders(
            open_source(source, scratch, expected=known),
            pictures_of_sound=config.representation.sound == "pictures",
            pairing=config.pairing,
            window=config.window,
            window_seconds=config.representation.window_seconds,
        )
        return listened(plan) if config.listen else plan
