"""What a step is fed: a batch by name, and what a phase needs in it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from cmgan_jax.signals.direction import MODALITIES

MISMATCHED = "mismatched_"
FIELDS = (*MODALITIES, *(MISMATCHED + modality for modality in MODALITIES))

# Field to uint8 [b h w c], "label" to int32 [b]; "pitch" to float32 [b] where needed.
Batch = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a phase reads of the data at every step, beside the label.

    Attributes:
      anchor: modality each epoch goes through, every item once; its label is the
        batch's.
      fields: of the batch. "image" and "sound" are the anchor's item and the one of
        the same moment (class-aligned data: of the same class); "mismatched_image" and
        "mismatched_sound" are of another class.
      pitch: the batch tells the anchor's MIDI note number, NaN where it is not known.
    """

    anchor: str
    fields: tuple[str, ...]
    pitch: bool = False

    def __post_init__(self):
        unknown = set(self.fields) - set(FIELDS)
        if self.anchor not in MODALITIES or unknown or not self.fields:
            raise ValueError(
                f"Needs(anchor={self.anchor!r}, fields={self.fields}): expected an "
                f"anchor of {MODALITIES} and some fields of {FIELDS}."
            )


def modality_of(field: str) -> str:
    """The modality of a field of the batch: "image" of "mismatched_image"."""
    return field.removeprefix(MISMATCHED)
