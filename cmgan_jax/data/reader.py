"""Batches of prepared data for training and evaluation, without TensorFlow."""

import collections
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cmgan_jax.data.items import Items, Split
from cmgan_jax.data.order import Order, partners
from cmgan_jax.signals.direction import MODALITIES, Direction
from cmgan_jax.training.batch import Needs, modality_of

_READER_THREADS = 2
_BATCHES_AHEAD = 4


class BatchReader:
    """The training batch of any step of one split.

    Reading is thread-safe and stateless; `training_batches` and the tf.data stream
    both call it, which is why their batches are the same bytes.
    """

    def __init__(
        self, split: Split, *, needs: Needs, pairing: str, batch_size: int, seed: int
    ):
        """Arguments and errors as `training_batches`."""
        self._split, self._label = split, split.of(needs.anchor).label
        self._order = Order(
            {modality: split.of(modality).label for modality in MODALITIES},
            needs=needs,
            pairing=pairing,
            batch_size=batch_size,
            seed=seed,
        )

    def read(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step, as `training_batches` yields it."""
        rows = self.rows(step)
        label = rows.pop("label")
        batch = {
            field: _gather(self._split.of(modality_of(field)), some)
            for field, some in rows.items()
        }
        return {**batch, "label": label}

    def rows(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step with rows, int32 [b], in place of items."""
        rows = self._order.batch(step)
        label = self._label[self._order.anchor_rows(step)]
        return {f: some.astype(np.int32) for f, some in rows.items()} | {"label": label}


def training_batches(
    split: Split,
    *,
    needs: Needs,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
) -> Iterator[dict[str, np.ndarray]]:
    """Endless training batches; the batch of a step depends on seed and step only.

    Args:
      split: prepared rows, usually memory-mapped.
      needs: fields of the batch, and the modality an epoch goes through.
      pairing: "stem" or "class".
      batch_size: rows per batch.
      seed: non-negative.
      start_step: step of the first batch.

    Yields:
      Every field of `needs`, uint8 [b h w c], and "label", int32 [b].

    Raises:
      ValueError: as `Order`, before the first batch.
    """
    reader = BatchReader(
        split, needs=needs, pairing=pairing, batch_size=batch_size, seed=seed
    )
    return _read_ahead(reader, start_step)


def evaluation_batches(
    split: Split, *, direction: Direction, pairing: str, batch_size: int, seed: int
) -> Iterator[dict[str, np.ndarray]]:
    """Every source item of a split exactly once, in stored order.

    Args:
      split: prepared rows.
      direction: its source's items are read, each with its target.
      pairing: "stem" or "class".
      batch_size: rows per batch; the last batch is filled by repeating its last row.
      seed: draws the partners of class pairing.

    Yields:
      "image" and "sound", uint8 [b h w c] (of the target, the moment's own or a drawn
      partner of the same label), label int32 [b] and song int32 [b] of the source, mask
      float32 [b]: 1 for an item, 0 for a repetition.

    Raises:
      ValueError: as `partners`, before the first batch.
    """
    labels = (split.of(m).label for m in (direction.source, direction.target))
    drawn = partners(*labels, pairing=pairing, seed=seed)
    return _evaluate_in_order(split, direction, drawn, batch_size)


def _read_ahead(reader: BatchReader, start_step: int) -> Iterator[dict]:
    with ThreadPoolExecutor(_READER_THREADS) as pool:
        steps = itertools.count(start_step)
        waiting = collections.deque()
        try:
            while True:
                while len(waiting) < _BATCHES_AHEAD:
                    waiting.append(pool.submit(reader.read, next(steps)))
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _evaluate_in_order(
    split: Split, direction: Direction, drawn: np.ndarray, batch_size: int
) -> Iterator[dict]:
    source, target = split.of(direction.source), split.of(direction.target)
    for start in range(0, len(source), batch_size):
        rows = np.arange(start, start + batch_size)
        inside = rows < len(source)
        rows = np.minimum(rows, len(source) - 1)
        yield {
            direction.source: _gather(source, rows),
            direction.target: _gather(target, drawn[rows]),
            "label": source.label[rows],
            "song": source.song[rows],
            "mask": inside.astype(np.float32),
        }


def _gather(items: Items, rows: np.ndarray) -> np.ndarray:
    return np.take(np.asarray(items.array), rows, axis=0)
