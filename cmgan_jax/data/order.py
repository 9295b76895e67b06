"""Which rows make the batch of a step: a pure function of labels, seed and step.

Nothing is remembered between steps, so resuming anywhere costs nothing and every host
computes the same global batch. TensorFlow-free.
"""

import dataclasses
import functools

import numpy as np
from jaxtyping import Int, Int64

from cmgan_jax.data.items import PAIRINGS

# Streams of random numbers that share a seed are told apart by their last entry.
_TARGET, _MISMATCHED, _PARTNER = 1, 2, 3


@dataclasses.dataclass(frozen=True)
class BatchIndices:
    """Rows of one batch.

    Attributes:
      source: rows of the source modality, int64 [b].
      target: row of the target modality belonging to each source, int64 [b].
      mismatched: row of the target modality with another label, int64 [b].
    """

    source: Int64[np.ndarray, " b"]
    target: Int64[np.ndarray, " b"]
    mismatched: Int64[np.ndarray, " b"]


class Order:
    """The batches of one split, by step.

    Position p = step * batch_size + i lies in epoch p // n and takes the entry p % n of
    that epoch's permutation of the n sources: every source once per epoch, whatever the
    batch size. With stem pairing the target has the source's row; with class pairing it
    is drawn uniformly among the targets of the same label. The mismatched partner is
    drawn uniformly among all targets of other labels.
    """

    def __init__(
        self,
        source_labels: Int[np.ndarray, " n"],
        target_labels: Int[np.ndarray, " m"],
        *,
        pairing: str,
        batch_size: int,
        seed: int,
    ):
        """Prepares the per-label lists.

        Args:
          source_labels: label of every source row.
          target_labels: label of every target row.
          pairing: "stem" or "class".
          batch_size: rows per step; may exceed n.
          seed: non-negative.

        Raises:
          ValueError: no sources; labels that differ under stem pairing; a source label
            no target has under class pairing; targets of a single label only.
        """
        if batch_size < 1 or seed < 0:
            raise ValueError(
                f"batch_size={batch_size}, seed={seed}: expected batch_size >= 1 and "
                "seed >= 0."
            )
        self._targets = _RowsByLabel(target_labels)
        _require_pairs(source_labels, target_labels, pairing=pairing)
        self._targets.require_others(source_labels)
        self._labels = np.asarray(source_labels)
        self._pairing = pairing
        self._batch_size = batch_size
        self._seed = seed

    def batch(self, step: int) -> BatchIndices:
        """The rows of one step.

        Args:
          step: counted from 0 over the whole training.
        """
        positions = step * self._batch_size + np.arange(self._batch_size)
        epochs, places = np.divmod(positions, len(self._labels))
        source = np.empty(self._batch_size, np.int64)
        for epoch in np.unique(epochs):
            inside = epochs == epoch
            order = _permutation(len(self._labels), self._seed, int(epoch))
            source[inside] = order[places[inside]]
        labels = self._labels[source]
        target = source
        if self._pairing == "class":
            rng = np.random.default_rng([self._seed, step, _TARGET])
            target = self._targets.draw_same(labels, rng)
        rng = np.random.default_rng([self._seed, step, _MISMATCHED])
        return BatchIndices(source, target, self._targets.draw_other(labels, rng))


def batch_indices(
    source_labels: Int[np.ndarray, " n"],
    target_labels: Int[np.ndarray, " m"],
    *,
    pairing: str,
    batch_size: int,
    seed: int,
    step: int,
) -> BatchIndices:
    """The rows of one step; `Order` does the same for many steps faster."""
    order = Order(
        source_labels, target_labels, pairing=pairing, batch_size=batch_size, seed=seed
    )
    return order.batch(step)


def partners(
    source_labels: Int[np.ndarray, " n"],
    target_labels: Int[np.ndarray, " m"],
    *,
    pairing: str,
    seed: int,
) -> Int64[np.ndarray, " n"]:
    """One target row for every source row, in stored order; for evaluation.

    Args:
      source_labels: label of every source row.
      target_labels: label of every target row.
      pairing: "stem" (the same row) or "class" (a uniform draw of the same label).
      seed: non-negative; used by class pairing only.

    Raises:
      ValueError: as `Order`, except that a single label is allowed.
    """
    _require_pairs(source_labels, target_labels, pairing=pairing)
    if pairing == "stem":
        return np.arange(len(source_labels))
    rng = np.random.default_rng([seed, 0, _PARTNER])
    return _RowsByLabel(target_labels).draw_same(np.asarray(source_labels), rng)


class _RowsByLabel:
    """Rows sorted by label, so that drawing one is arithmetic on positions."""

    def __init__(self, labels: np.ndarray):
        labels = np.asarray(labels)
        self._rows = np.argsort(labels, kind="stable")
        self._known, self._starts, self._counts = np.unique(
            labels[self._rows], return_index=True, return_counts=True
        )

    def require_others(self, source_labels: np.ndarray) -> None:
        if len(self._known) < 2 and np.isin(source_labels, self._known).any():
            raise ValueError(
                f"every target has the label {self._known.tolist()}: a mismatched "
                "partner needs targets of another class. Prepare data with at least "
                "two classes in this split."
            )

    def draw_same(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        places = np.searchsorted(self._known, labels)
        return self._rows[self._starts[places] + rng.integers(self._counts[places])]

    def draw_other(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        places = np.searchsorted(self._known, labels)
        starts, counts = self._starts[places], self._counts[places]
        drawn = rng.integers(len(self._rows) - counts)
        return self._rows[np.where(drawn < starts, drawn, drawn + counts)]


def _require_pairs(
    source_labels: np.ndarray, target_labels: np.ndarray, *, pairing: str
) -> None:
    if pairing not in PAIRINGS:
        raise ValueError(
            f"pairing={pairing!r} is unknown; known: {', '.join(PAIRINGS)}."
        )
    if len(source_labels) == 0:
        raise ValueError("the split has no source items; expected at least one.")
    if pairing == "stem" and not np.array_equal(source_labels, target_labels):
        raise ValueError(
            "stem pairing, but sources and targets do not have the same labels row by "
            "row: prepare the data again, or use class pairing."
        )
    alone = np.setdiff1d(source_labels, target_labels)
    if len(alone):
        raise ValueError(
            f"labels {alone.tolist()} have source items but no target items: leave "
            "these classes out or add material of the other modality."
        )


@functools.lru_cache(maxsize=4)
def _permutation(n: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(n)
