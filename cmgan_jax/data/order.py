"""Which rows make the batch of a step: a pure function of labels, seed and step.

Nothing is remembered between steps, so resuming anywhere costs nothing and every host
computes the same global batch. TensorFlow-free.
"""

from collections.abc import Mapping

import numpy as np
from grain.experimental import index_shuffle
from jaxtyping import Int, Int64

from cmgan_jax.data.items import PAIRINGS
from cmgan_jax.data.rows_by_label import RowsByLabel
from cmgan_jax.training.batch import MISMATCHED, Needs, modality_of

# Streams of random numbers that share a seed are told apart by their last entry.
_PARTNER_OF_STEP, _PARTNER = 1, 3
# Of the mismatched items: of the partner's modality, and of the anchor's own.
_MISMATCHED_PARTNER, _MISMATCHED_ANCHOR = 2, 4
_EPOCH = 5

_ROUNDS = 4  # of the cipher that shuffles an epoch; what Grain itself uses

WHOLE = slice(None)  # of a batch

# Field of the batch to rows of its modality, int64 [b].
Rows = dict[str, Int64[np.ndarray, " b"]]


class Order:
    """The batches of one split, by step.

    Position p = step * batch_size + i lies in epoch p // n and takes the entry p % n of
    that epoch's permutation of the anchor's n items: every one of them once per epoch,
    whatever the batch size. The permutation is a cipher of p % n: nobody holds it, and
    memory grows with songs (`RowsByLabel`), not with rows. With stem pairing the other
    modality has the anchor's row; with class pairing it is drawn uniformly among the
    items of the same label. A mismatched item is drawn uniformly among all items of
    other labels.
    """

    def __init__(
        self,
        labels: Mapping[str, Int[np.ndarray, " _"]],
        *,
        needs: Needs,
        pairing: str,
        batch_size: int,
        seed: int,
        part: slice = WHOLE,
    ):
        """Finds out which rows have which label.

        Args:
          labels: modality to the label of every row.
          needs: fields of the batch, and the modality an epoch goes through.
          pairing: "stem" or "class".
          batch_size: rows per step; may exceed n.
          seed: non-negative.
          part: of each batch that is wanted; the order does not depend on it.

        Raises:
          ValueError: no items; labels that differ under stem pairing; a label that only
            the anchor has under class pairing; mismatched items of a single label.
        """
        if batch_size < 1 or seed < 0:
            raise ValueError(
                f"batch_size={batch_size}, seed={seed}: expected batch_size >= 1 and "
                "seed >= 0."
            )
        self._rows = {m: RowsByLabel(labels[m]) for m in _modalities(needs)}
        self._anchor = self._rows[needs.anchor]
        for rows in self._rows.values():
            _require_pairs(self._anchor, rows, pairing=pairing)
        for field in needs.fields:
            if field.startswith(MISMATCHED):
                self._rows[modality_of(field)].require_others(self._anchor.known)
        self._needs = needs
        self._pairing = pairing
        self._batch_size = batch_size
        self._seed = seed
        self._part = part

    def batch(self, step: int) -> Rows:
        """The rows of every field at one step, counted from 0 over the training."""
        return self.beside(self.anchor_rows(step), step)

    def beside(self, anchor: Int64[np.ndarray, " b"], step: int) -> Rows:
        """As `batch`, where the rows of the anchor are known."""
        return {field: self._draw(field, anchor, step) for field in self._needs.fields}

    def anchor_rows(self, step: int) -> Int64[np.ndarray, " b"]:
        """Rows of the anchor at one step; their `labels` are the batch's."""
        positions = step * self._batch_size + np.arange(self._batch_size)[self._part]
        n = len(self._anchor)
        places = [divmod(position, n) for position in positions.tolist()]
        seeds = {epoch: _epoch_seed(self._seed, epoch) for epoch, _ in places}
        shuffled = [
            index_shuffle(place, max_index=n - 1, seed=seeds[epoch], rounds=_ROUNDS)
            for epoch, place in places
        ]
        return np.array(shuffled, np.int64)

    def labels(self, anchor: Int64[np.ndarray, " b"]) -> Int[np.ndarray, " b"]:
        """The labels of some rows of the anchor."""
        return self._anchor.labels_of(anchor)

    def _draw(self, field: str, anchor: np.ndarray, step: int) -> np.ndarray:
        modality = modality_of(field)
        is_anchor, rows = modality == self._needs.anchor, self._rows[modality]
        if field.startswith(MISMATCHED):
            stream = _MISMATCHED_ANCHOR if is_anchor else _MISMATCHED_PARTNER
            uniform = self._uniform(step, stream)
            return rows.other(self.labels(anchor), uniform)
        if is_anchor or self._pairing == "stem":
            return anchor
        uniform = self._uniform(step, _PARTNER_OF_STEP)
        return rows.same(self.labels(anchor), uniform)

    def _uniform(self, step: int, stream: int) -> np.ndarray:
        """One number of [0, 1) for each row wanted, whatever part of them it is."""
        rng = np.random.default_rng([self._seed, step, stream])
        return rng.random(self._batch_size)[self._part]


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
    sources, targets = RowsByLabel(source_labels), RowsByLabel(target_labels)
    _require_pairs(sources, targets, pairing=pairing)
    if pairing == "stem":
        return np.arange(len(sources))
    rng = np.random.default_rng([seed, 0, _PARTNER])
    return targets.same(source_labels, rng.random(len(sources)))


def others(labels: Int[np.ndarray, " n"], *, seed: int) -> Int64[np.ndarray, " n"]:
    """For every row a row of another label, drawn uniformly; for evaluation.

    Args:
      labels: label of every row.
      seed: non-negative.

    Raises:
      ValueError: there is one label only.
    """
    by_label = RowsByLabel(labels)
    by_label.require_others(by_label.known)
    rng = np.random.default_rng([seed, 1, _PARTNER])
    return by_label.other(labels, rng.random(len(labels)))


def _modalities(needs: Needs) -> set[str]:
    return {needs.anchor, *map(modality_of, needs.fields)}


def _require_pairs(sources: RowsByLabel, targets: RowsByLabel, *, pairing: str) -> None:
    if pairing not in PAIRINGS:
        raise ValueError(
            f"pairing={pairing!r} is unknown; known: {', '.join(PAIRINGS)}."
        )
    if len(sources) == 0:
        raise ValueError(
            "the split has no items of the modality asked for; expected at least one."
        )
    same = len(sources) == len(targets) and all(
        map(np.array_equal, sources.stretches, targets.stretches)
    )
    if pairing == "stem" and not same:
        raise ValueError(
            "stem pairing, but sources and targets do not have the same labels row by "
            "row: prepare the data again, or use class pairing."
        )
    alone = np.setdiff1d(sources.known, targets.known)
    if len(alone):
        raise ValueError(
            f"labels {alone.tolist()} have source items but no target items: leave "
            "these classes out or add material of the other modality."
        )


def _epoch_seed(seed: int, epoch: int) -> int:
    """32 bits, which is what the shuffle takes."""
    return int(np.random.SeedSequence([seed, epoch, _EPOCH]).generate_state(1)[0])
