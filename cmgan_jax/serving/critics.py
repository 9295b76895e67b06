"""Who says which class a result shows, and with what probabilities."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.judges import FEW, stored_judges
from cmgan_jax.runs.model import Model
from cmgan_jax.signals.representation import to_unit


@dataclasses.dataclass(frozen=True)
class Critic:
    """Somebody who names classes.

    Attributes:
      name: for people, such as "strided judge".
      is_judge: whether no model learnt from it: a judge, not the run's own classifier.
      logits: uint8 targets [n h w c], n up to FEW -> one logit per class [n m].
    """

    name: str
    is_judge: bool
    logits: Callable[[np.ndarray], np.ndarray]

    def probabilities(
        self, targets: UInt8[np.ndarray, "n h w c"]
    ) -> Float[np.ndarray, "n m"]:
        """Of every class, in the order of the class names."""
        logits = self.logits(targets).astype(np.float64)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)


def find_critics(model: Model, prepared: PreparedData | None) -> tuple[Critic, ...]:
    """The judges stored with the data, else the run's own classifier, else nobody.

    Args:
      model: of one direction, whose targets are to be judged.
      prepared: the data it was trained on, where they are there.
    """
    modality = model.direction.target
    judges = () if prepared is None else stored_judges(prepared, modality)
    if judges:
        return tuple(Critic(f"{one.name} judge", True, one.logits) for one in judges)
    try:
        own = model.classifier(modality)
    except FileNotFoundError:
        return ()

    def logits(targets):
        # One size, so that it is compiled once.
        rows = np.minimum(np.arange(FEW), len(targets) - 1)
        return np.asarray(own(to_unit(targets[rows])))[: len(targets)]

    return (Critic("the run's own classifier", False, logits),)
