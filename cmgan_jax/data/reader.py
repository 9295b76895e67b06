"""Batches of prepared data for training and evaluation, without TensorFlow."""

import collections
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cmgan_jax.data.items import Items, Split, source_and_target
from cmgan_jax.data.order import Order, partners

_READER_THREADS = 2
_BATCHES_AHEAD = 4


class BatchReader:
    """The training batch of any step of one split and direction.

    Reading is thread-safe and stateless; `training_batches` and the tf.data stream
    both call it, which is why their batches are the same bytes.
    """

    def __init__(
        self, split: Split, *, direction: str, pairing: str, batch_size: int, seed: int
    ):
        """Arguments and errors as `training_batches`."""
        self._source, self._target = source_and_target(split, direction)
        self._order = Order(
            self._source.label,
            self._target.label,
            pairing=pairing,
            batch_size=batch_size,
            seed=seed,
        )

    def read(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step, as `training_batches` yields it."""
        rows = self.rows(step)
        return {
            "source": _gather(self._source, rows["source"]),
            "target": _gather(self._target, rows["target"]),
            "mismatched": _gather(self._target, rows["mismatched"]),
            "label": rows["label"],
        }

    def rows(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step with rows, int32 [b], in place of pictures."""
        rows = self._order.batch(step)
        return {
            "source": rows.source.astype(np.int32),
            "target": rows.target.astype(np.int32),
            "mismatched": rows.mismatched.astype(np.int32),
            "label": self._source.label[rows.source],
        }


def training_batches(
    split: Split,
    *,
    direction: str,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
) -> Iterator[dict[str, np.ndarray]]:
    """Endless training batches; the batch of a step depends on seed and step only.

    Args:
      split: prepared rows, usually memory-mapped.
      direction: "s2i" or "i2s".
      pairing: "stem" or "class".
      batch_size: rows per batch.
      seed: non-negative.
      start_step: step of the first batch.

    Yields:
      source uint8 [b h w c], target uint8 [b h w c] of the same label, mismatched
      uint8 [b h w c] of another label, label int32 [b] of the source.

    Raises:
      ValueError: as `Order` and `source_and_target`, before the first batch.
    """
    reader = BatchReader(
        split,
        direction=direction,
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
    )
    return _read_ahead(reader, start_step)


def evaluation_batches(
    split: Split, *, direction: str, pairing: str, batch_size: int, seed: int
) -> Iterator[dict[str, np.ndarray]]:
    """Every source item of a split exactly once, in stored order.

    Args:
      split: prepared rows.
      direction: "s2i" or "i2s".
      pairing: "stem" or "class".
      batch_size: rows per batch; the last batch is filled by repeating its last row.
      seed: draws the partners of class pairing.

    Yields:
      source uint8 [b h w c], target uint8 [b h w c] (the moment's own or a drawn
      partner of the same label), label int32 [b] and song int32 [b] of the source, mask
      float32 [b]: 1 for an item, 0 for a repetition.

    Raises:
      ValueError: as `partners` and `source_and_target`, before the first batch.
    """
    source, target = source_and_target(split, direction)
    drawn = partners(source.label, target.label, pairing=pairing, seed=seed)
    return _evaluate_in_order(source, target, drawn, batch_size)


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
    source: Items, target: Items, drawn: np.ndarray, batch_size: int
) -> Iterator[dict]:
    for start in range(0, len(source), batch_size):
        rows = np.arange(start, start + batch_size)
        inside = rows < len(source)
        rows = np.minimum(rows, len(source) - 1)
        yield {
            "source": _gather(source, rows),
            "target": _gather(target, drawn[rows]),
            "label": source.label[rows],
            "song": source.song[rows],
            "mask": inside.astype(np.float32),
        }


def _gather(items: Items, rows: np.ndarray) -> np.ndarray:
    return np.take(np.asarray(items.array), rows, axis=0)
