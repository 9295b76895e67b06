"""The authors' protocol (systems of 2020): 64 fixed items, the run's own classifier."""

from typing import Any

import numpy as np

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.model import Model
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import to_unit

SIZE = 64  # examples of the authors' accuracies
DRAWN_BY = 548  # the authors reseed NumPy with it before drawing the batch


def original(
    model: Model,
    prepared: PreparedData,
    *,
    split: str,
    direction: Direction,
    seed: int = 0,
) -> dict[str, Any]:
    """Accuracy as the authors measured theirs.

    The items are drawn once by the authors' seed; the same noise is drawn every time.

    Returns:
      {"accuracy", "n"}.

    Raises:
      FileNotFoundError: the run trained no classifier of its targets.
    """
    source = prepared.split(split).of(direction.source)
    own = model.classifier(direction.target)
    drawn = np.random.RandomState(DRAWN_BY).choice(
        len(source), min(SIZE, len(source)), replace=False
    )
    sources = source.array[drawn]
    generated = model.generate(sources, direction=direction, seed=seed)
    guess = np.argmax(own(to_unit(generated)), axis=-1)
    right = guess == source.label[drawn]
    return {"accuracy": float(right.mean()), "n": len(drawn)}


def judges_itself(model: Model, direction: Direction) -> bool:
    """Whether the generator was trained to please the classifier that scores it here.

    Its classification loss holds the run's own classifier of targets, which the
    original protocol asks.
    """
    weight = model.record.config.get("gan", {}).get("classification_weight", 0.0)
    return bool(weight) and direction.target in model.system.recognitions
