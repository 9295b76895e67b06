"""The split "judging": whole songs of train that only the judges learn from.

Judges are the classifiers that score what models generate. A judge that learned from a
model's own training rows would reward their repetition, so each gets rows of its own.

The rule: of every class's songs in train, in the order met, those at places 1, 6, 11,
... counted from 0 go to judging, all others stay: one song in five, and the only song
of a class stays. With class pairing each modality is divided by its own songs. Where
the song is unknown, the stem counts as the song.

Judges need every class. If train has a class of which judging got no picture or no
sound, everything set aside is put back into train at the end: prepared data have a
split judging only where it holds every class of train in both modalities. A data set
that plans a split judging of its own is not divided.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Int

from cmgan_jax.data.integrity import MODALITIES
from cmgan_jax.data.items import Items, Split
from cmgan_jax.prepare.plan import Plan

TRAIN = "train"
JUDGING = "judging"
_ONE_IN = 5
_PLACE = 1


def is_divided(plan: Plan) -> bool:
    """Whether songs of the plan's train split are set aside for the judges."""
    return TRAIN in plan.tasks and JUDGING not in plan.tasks


def split_names(plan: Plan) -> tuple[str, ...]:
    """The plan's splits in their order, judging right after train if it is divided."""
    names = list(plan.tasks)
    if is_divided(plan):
        names.insert(names.index(TRAIN) + 1, JUDGING)
    return tuple(names)


class Judging:
    """Divides the rows of train as they arrive; a song may arrive in several parts."""

    def __init__(self, plan: Plan):
        """Remembers every song met, nothing else.

        Args:
          plan: its pairing, and whether it names a split judging itself.
        """
        self._is_divided = is_divided(plan)
        self._pairing = plan.pairing
        self._places: dict[tuple[str, int], dict[int | str, int]] = {}

    def divide(self, split: str, rows: Split) -> dict[str, Split]:
        """The rows by the split they belong to.

        Args:
          split: the split whose task produced them.
          rows: with stem pairing, image row i and sound row i are one moment, and stay
            together.
        """
        if not self._is_divided or split != TRAIN:
            return {split: rows}
        image = self._set_aside("image", rows.image)
        sound = image
        if self._pairing == "class":
            sound = self._set_aside("sound", rows.sound)
        return {
            TRAIN: Split(rows.image.take(~image), rows.sound.take(~sound)),
            JUDGING: Split(rows.image.take(image), rows.sound.take(sound)),
        }

    def _set_aside(self, modality: str, items: Items) -> Bool[np.ndarray, " n"]:
        columns = (items.label.tolist(), items.song.tolist(), items.stem.tolist())
        aside = np.zeros(len(items), bool)
        for row, (label, song, stem) in enumerate(zip(*columns, strict=True)):
            places = self._places.setdefault((modality, label), {})
            place = places.setdefault(stem if song < 0 else song, len(places))
            aside[row] = place % _ONE_IN == _PLACE
        return aside


def lacking_classes(
    counts: Mapping[str, Mapping[str, Int[np.ndarray, " c"]]],
    class_names: tuple[str, ...],
) -> dict[str, list[str]]:
    """Classes that train has and judging lacks, by modality; none if it lacks none.

    Args:
      counts: rows of every class, by split and modality; at least train and judging.
      class_names: names in label order.
    """
    lacking = {}
    for modality in MODALITIES:
        train, judging = counts[TRAIN][modality], counts[JUDGING][modality]
        names = [class_names[label] for label in np.flatnonzero(train * (judging == 0))]
        if names:
            lacking[modality] = names
    return lacking
