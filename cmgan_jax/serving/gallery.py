"""Examples to begin with: sources that no model learnt from, and what belongs to them.

From the data that the model was trained on where they are there; else the embedded
orchestra plays a new moment of every class, if its classes are the model's.
"""

import dataclasses

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.evaluation.judges import test_splits
from cmgan_jax.prepare.datasets.pocket_orchestra.tasks import plan_orchestra
from cmgan_jax.reporting.examples import spread_pairs
from cmgan_jax.serving.ways import Way

_SHORT = 0.02  # of the songs that the orchestra plays; a moment of each is shown


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A source and the truth.

    Attributes:
      class_name: of both.
      source: uint8 [h w c].
      truth: uint8 [y x d], the real target.
    """

    class_name: str
    source: UInt8[np.ndarray, "h w c"]
    truth: UInt8[np.ndarray, "y x d"]


def find_exhibits(way: Way) -> tuple[str, tuple[Exhibit, ...]]:
    """Where the examples of a way are from, for people, and one of every class."""
    if way.prepared is not None and test_splits(way.prepared):
        split = test_splits(way.prepared)[0]
        names = way.prepared.class_names
        pairs = spread_pairs(way.prepared, way.direction, split=split, per_class=1)
        exhibits = (
            Exhibit(names[label], *pair) for label, *pair in zip(*pairs, strict=True)
        )
        origin = f"the {split} split of {way.prepared.dataset}, never trained on"
        return origin, tuple(exhibits)
    record = way.model.record
    sound, seconds = record.representation.sound, record.representation.window_seconds
    plan = plan_orchestra(0, scale=_SHORT, window_seconds=seconds)
    if plan.class_names != record.class_names or sound != "log_mel":
        return "", ()
    origin = "the embedded orchestra, playing songs that were never trained on"
    tasks = {task.label: task for task in plan.tasks["test"]}
    return origin, tuple(_played(way, tasks[label]) for label in sorted(tasks))


def _played(way: Way, task) -> Exhibit:
    """The middle window of a song."""
    played = task.produce(way.model.record.representation).split
    row = len(played.image) // 2
    source, truth = (
        np.asarray(played.of(modality).array[row])
        for modality in (way.direction.source, way.direction.target)
    )
    return Exhibit(way.model.record.class_names[task.label], source, truth)
