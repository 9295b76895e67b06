"""Where the rows of each label are, in memory that grows with songs, not with rows.

Prepared rows come song after song, and a song has one label: what is kept is the
stretches of rows with one label. TensorFlow-free.
"""

import numpy as np
from jaxtyping import Float64, Int, Int64

_AT_ONCE = 1 << 22  # labels looked at together


class RowsByLabel:
    """The rows of one modality, as if sorted by label.

    Attributes:
      known: the labels that rows have, ascending.
      stretches: (first rows, labels) of the stretches; equal for equal labels.
    """

    def __init__(self, labels: Int[np.ndarray, " n"]):
        """Reads the labels once, some at a time; they may be memory-mapped.

        Args:
          labels: label of every row.
        """
        self._count = len(labels)
        starts = _starts(labels)
        self.stretches = starts, np.asarray(labels[starts])
        lengths = np.diff(starts, append=self._count)
        order = np.argsort(self.stretches[1], kind="stable")
        # In the order of labels: where a stretch begins in the data, and where it ends
        # among the sorted rows.
        self._first_rows, self._ends = starts[order], np.cumsum(lengths[order])
        self._lengths = lengths[order]
        self.known, first = np.unique(self.stretches[1][order], return_index=True)
        self._starts = (self._ends - self._lengths)[first]
        self._counts = np.diff(self._starts, append=self._count)

    def __len__(self) -> int:
        return self._count

    def require_others(self, labels: Int[np.ndarray, " m"]) -> None:
        """Refuses labels that no row differs from.

        Raises:
          ValueError: every row has one label, and it is among those given.
        """
        if len(self.known) < 2 and np.isin(labels, self.known).any():
            raise ValueError(
                f"every item has the label {self.known.tolist()}: a mismatched "
                "partner needs items of another class. Prepare data with at least two "
                "classes in this split, or give the mismatched pairs no weight."
            )

    def labels_of(self, rows: Int[np.ndarray, " b"]) -> Int[np.ndarray, " b"]:
        """The labels of some rows."""
        starts, labels = self.stretches
        return labels[np.searchsorted(starts, rows, side="right") - 1]

    def same(
        self, labels: Int[np.ndarray, " b"], uniform: Float64[np.ndarray, " b"]
    ) -> Int64[np.ndarray, " b"]:
        """A row of each label.

        Args:
          labels: known ones.
          uniform: in [0, 1): how far through the rows that may be chosen.
        """
        places = np.searchsorted(self.known, labels)
        chosen = (uniform * self._counts[places]).astype(np.int64)
        return self._row(self._starts[places] + chosen)

    def other(
        self, labels: Int[np.ndarray, " b"], uniform: Float64[np.ndarray, " b"]
    ) -> Int64[np.ndarray, " b"]:
        """A row of any label but this; arguments as `same`."""
        places = np.searchsorted(self.known, labels)
        starts, counts = self._starts[places], self._counts[places]
        chosen = (uniform * (self._count - counts)).astype(np.int64)
        return self._row(np.where(chosen < starts, chosen, chosen + counts))

    def _row(self, place: np.ndarray) -> np.ndarray:
        """The rows at places among the rows sorted by label."""
        stretch = np.searchsorted(self._ends, place, side="right")
        begin = self._ends[stretch] - self._lengths[stretch]
        return self._first_rows[stretch] + place - begin


def spread(n: int, count: int) -> Int64[np.ndarray, " m"]:
    """Which of n rows are taken if so many are to be, evenly from first to last."""
    return np.linspace(0, n - 1, min(count, n)).astype(np.int64)


def spread_by_label(
    labels: Int[np.ndarray, " n"], per_label: int
) -> Int64[np.ndarray, " m"]:
    """Rows of every label, evenly spread over those it has: for people and samples.

    Args:
      labels: label of every row.
      per_label: rows of each label; fewer where it has fewer.

    Returns:
      Row numbers, label by label, ascending within each.
    """
    chosen = [np.zeros(0, np.int64)]
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        middles = (np.arange(per_label) + 0.5) / per_label * len(rows)
        chosen.append(rows[np.unique(middles.astype(int))])
    return np.concatenate(chosen)


def _starts(labels: np.ndarray) -> np.ndarray:
    """Rows whose label is not the one of the row before, int64."""
    found = [np.zeros(min(len(labels), 1), np.int64)]
    for begin in range(1, len(labels), _AT_ONCE):
        some = np.asarray(labels[begin - 1 : begin + _AT_ONCE])
        found.append(np.flatnonzero(some[1:] != some[:-1]) + begin)
    return np.concatenate(found)
