"""Which rows make the batch of a step: a pure function of labels, seed and step.

Nothing is remembered between steps, so resuming anywhere costs nothing and every host
computes the same global batch. TensorFlow-free.
"""

import functools
from collections.abc import Mapping

import numpy as np
from jaxtyping import Int, Int64

from cmgan_jax.data.items import PAIRINGS
from cmgan_jax.training.batch import MISMATCHED, Needs, modality_of

# Streams of random numbers that share a seed are told apart by their last entry.
_PARTNER_OF_STEP, _PARTNER = 1, 3
# Of the mismatched items: of the partner's modality, and of the anchor's own.
_MISMATCHED_PARTNER, _MISMATCHED_ANCHOR = 2, 4

# Field of the batch to rows of its modality, int64 [b].
Rows = dict[str, Int64[np.ndarray, " b"]]


class Order:
    """The batches of one split, by step.

    Position p = step * batch_size + i lies in epoch p // n and takes the entry p % n of
    that epoch's permutation of the anchor's n items: every one of them once per epoch,
    whatever the batch size. With stem pairing the other modality has the anchor's row;
    with class pairing it is drawn uniformly among the items of the same label. A
    mismatched item is drawn uniformly among all items of other labels.
    """

    def __init__(
        self,
        labels: Mapping[str, Int[np.ndarray, " _"]],
        *,
        needs: Needs,
        pairing: str,
        batch_size: int,
        seed: int,
    ):
        """Prepares the per-label lists.

        Args:
          labels: modality to the label of every row.
          needs: fields of the batch, and the modality an epoch goes through.
          pairing: "stem" or "class".
          batch_size: rows per step; may exceed n.
          seed: non-negative.

        Raises:
          ValueError: no items; labels that differ under stem pairing; a label that only
            the anchor has under class pairing; mismatched items of a single label.
        """
        if batch_size < 1 or seed < 0:
            raise ValueError(
                f"batch_size={batch_size}, seed={seed}: expected batch_size >= 1 and "
                "seed >= 0."
            )
        self._labels = np.asarray(labels[needs.anchor])
        self._rows = {
            modality_of(f): _RowsByLabel(labels[modality_of(f)]) for f in needs.fields
        }
        for modality in self._rows:
            _require_pairs(self._labels, labels[modality], pairing=pairing)
        for field in needs.fields:
            if field.startswith(MISMATCHED):
                self._rows[modality_of(field)].require_others(self._labels)
        self._needs = needs
        self._pairing = pairing
        self._batch_size = batch_size
        self._seed = seed

    def batch(self, step: int) -> Rows:
        """The rows of every field at one step, counted from 0 over the training."""
        anchor = self.anchor_rows(step)
        return {field: self._draw(field, anchor, step) for field in self._needs.fields}

    def anchor_rows(self, step: int) -> Int64[np.ndarray, " b"]:
        """Rows of the anchor at one step; their labels are the batch's."""
        positions = step * self._batch_size + np.arange(self._batch_size)
        epochs, places = np.divmod(positions, len(self._labels))
        rows = np.empty(self._batch_size, np.int64)
        for epoch in np.unique(epochs):
            inside = epochs == epoch
            order = _permutation(len(self._labels), self._seed, int(epoch))
            rows[inside] = order[places[inside]]
        return rows

    def _draw(self, field: str, anchor: np.ndarray, step: int) -> np.ndarray:
        modality = modality_of(field)
        is_anchor, labels = modality == self._needs.anchor, self._labels[anchor]
        if field.startswith(MISMATCHED):
            stream = _MISMATCHED_ANCHOR if is_anchor else _MISMATCHED_PARTNER
            rng = np.random.default_rng([self._seed, step, stream])
            return self._rows[modality].draw_other(labels, rng)
        if is_anchor or self._pairing == "stem":
            return anchor
        rng = np.random.default_rng([self._seed, step, _PARTNER_OF_STEP])
        return self._rows[modality].draw_same(labels, rng)


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


def others(labels: Int[np.ndarray, " n"], *, seed: int) -> Int64[np.ndarray, " n"]:
    """For every row a row of another label, drawn uniformly; for evaluation.

    Args:
      labels: label of every row.
      seed: non-negative.

    Raises:
      ValueError: there is one label only.
    """
    by_label = _RowsByLabel(labels)
    by_label.require_others(labels)
    rng = np.random.default_rng([seed, 1, _PARTNER])
    return by_label.draw_other(np.asarray(labels), rng)


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
                f"every item has the label {self._known.tolist()}: a mismatched "
                "partner needs items of another class. Prepare data with at least two "
                "classes in this split, or give the mismatched pairs no weight."
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
        raise ValueError(
            "the split has no items of the modality asked for; expected at least one."
        )
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
