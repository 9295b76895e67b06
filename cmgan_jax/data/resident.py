"""Training batches gathered on the devices, where the whole split stays."""

import itertools

import numpy as np
from jax.sharding import Mesh

from cmgan_jax.data.items import Split
from cmgan_jax.data.reader import BatchReader
from cmgan_jax.runtime import devices
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.training.batch import FIELDS, Needs, modality_of
from cmgan_jax.training.dispatch import Feed

SHARE = 0.5  # of a device's memory that a split may take


class Resident:
    """A split on every device; a step costs the host its row numbers only."""

    def __init__(self, split: Split, *, pairing: str, mesh: Mesh):
        """Copies the split to the devices.

        Args:
          split: prepared rows.
          pairing: "stem" or "class".
          mesh: devices that share each batch.

        Raises:
          ValueError: the split would fill more than half of a device's memory.
        """
        arrays = {modality: split.of(modality).array for modality in MODALITIES}
        _require_room(sum(array.nbytes for array in arrays.values()), mesh)
        self._split, self._pairing, self._mesh = split, pairing, mesh
        whole = {modality: np.asarray(array) for modality, array in arrays.items()}
        self._arrays = devices.everywhere(whole, mesh)

    def feed(self, needs: Needs, batch_size: int, seed: int, start_step: int) -> Feed:
        """The batches of `reader.training_batches`, which has the same arguments."""
        reader = BatchReader(
            self._split,
            needs=needs,
            pairing=self._pairing,
            batch_size=batch_size,
            seed=seed,
            part=devices.own_part(batch_size, self._mesh),
        )
        items = map(reader.rows, itertools.count(start_step))
        return Feed(items, resident=self._arrays, batch=_gather)


def _gather(resident, rows):
    return {
        field: resident[modality_of(field)].at[some].get(mode="promise_in_bounds")
        if field in FIELDS
        else some
        for field, some in rows.items()
    }


def _require_room(size: int, mesh: Mesh) -> None:
    limit = _memory_limit(mesh)
    if limit and size > SHARE * limit:
        raise ValueError(
            f"config.run.reader=resident would keep {size / 1e9:.1f} GB on each "
            f"device, of {limit / 1e9:.1f} GB: use numpy or tf_data, which stream."
        )


def _memory_limit(mesh: Mesh) -> int | None:
    """Bytes that a device of this process may hold; None where it does not say."""
    statistics = mesh.local_devices[0].memory_stats() or {}
    return statistics.get("bytes_limit")
