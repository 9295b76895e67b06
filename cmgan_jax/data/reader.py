"""Batches of prepared data for training, without TensorFlow."""

import collections
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from cmgan_jax.data.items import Split
from cmgan_jax.data.order import WHOLE, Order
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.training.batch import Needs, modality_of

_READER_THREADS = 2
_BATCHES_AHEAD = 4


class BatchReader:
    """The training batch of any step of one split.

    Reading is thread-safe and stateless; `training_batches` and the tf.data stream
    both call it, which is why their batches are the same bytes.
    """

    def __init__(
        self,
        split: Split,
        *,
        needs: Needs,
        pairing: str,
        batch_size: int,
        seed: int,
        part: slice = WHOLE,
    ):
        """Arguments and errors as `training_batches`."""
        self._split = split
        self._needs = needs
        self._order = Order(
            {modality: split.of(modality).label for modality in MODALITIES},
            needs=needs,
            pairing=pairing,
            batch_size=batch_size,
            seed=seed,
            part=part,
        )

    def read(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step, as `training_batches` yields it."""
        rows = self.rows(step)
        return {
            field: self._split.of(modality_of(field)).array[rows[field]]
            if field in self._needs.fields
            else told
            for field, told in rows.items()
        }

    def rows(self, step: int) -> dict[str, np.ndarray]:
        """The batch of one step with rows, int32 [b], in place of items."""
        anchor = self._order.anchor_rows(step)
        rows = self._order.beside(anchor, step)
        told = {"label": self._order.labels(anchor)}
        if self._needs.pitch:
            pitch = self._split.of(self._needs.anchor).pitch[anchor]
            told["pitch"] = pitch.astype(np.float32)
        return {f: some.astype(np.int32) for f, some in rows.items()} | told


def training_batches(
    split: Split,
    *,
    needs: Needs,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    part: slice = WHOLE,
) -> Iterator[dict[str, np.ndarray]]:
    """Endless training batches; the batch of a step depends on seed and step only.

    Args:
      split: prepared rows, usually memory-mapped.
      needs: fields of the batch, and the modality an epoch goes through.
      pairing: "stem" or "class".
      batch_size: rows per batch.
      seed: non-negative.
      start_step: step of the first batch.
      part: of each batch that is read; the order does not depend on it.

    Yields:
      Every field of `needs`, uint8 [b h w c], "label", int32 [b], and "pitch", float32
      [b], where it is needed.

    Raises:
      ValueError: as `Order`, before the first batch.
    """
    reader = BatchReader(
        split, needs=needs, pairing=pairing, batch_size=batch_size, seed=seed, part=part
    )
    return _read_ahead(reader, start_step)


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
