"""Training batches gathered on the devices, where the whole split stays."""

import itertools

import jax
from jax.sharding import Mesh

from cmgan_jax.data.items import Split, source_and_target
from cmgan_jax.data.reader import BatchReader
from cmgan_jax.runtime import devices
from cmgan_jax.training.dispatch import Feed

SHARE = 0.5  # of a device's memory that a split may take


class Resident:
    """A split on every device; a step costs the host its row numbers only."""

    def __init__(self, split: Split, *, direction: str, pairing: str, mesh: Mesh):
        """Copies the split to the devices.

        Args:
          split: prepared rows.
          direction: "s2i" or "i2s".
          pairing: "stem" or "class".
          mesh: devices that share each batch.

        Raises:
          ValueError: the split would fill more than half of a device's memory.
        """
        source, target = source_and_target(split, direction)
        _require_room(source.array.nbytes + target.array.nbytes, mesh)
        self._split, self._direction, self._pairing = split, direction, pairing
        arrays = {"source": source.array, "target": target.array}
        self._arrays = jax.device_put(arrays, devices.replicated(mesh))

    def feed(self, batch_size: int, seed: int, start_step: int) -> Feed:
        """The batches of `reader.training_batches`, which has the same arguments."""
        reader = BatchReader(
            self._split,
            direction=self._direction,
            pairing=self._pairing,
            batch_size=batch_size,
            seed=seed,
        )
        items = map(reader.rows, itertools.count(start_step))
        return Feed(items, resident=self._arrays, batch=_gather)


def _gather(resident, rows):
    arrays = {
        "source": resident["source"],
        "target": resident["target"],
        "mismatched": resident["target"],
    }
    gathered = {
        name: array.at[rows[name]].get(mode="promise_in_bounds")
        for name, array in arrays.items()
    }
    return gathered | {"label": rows["label"]}


def _require_room(size: int, mesh: Mesh) -> None:
    limit = _memory_limit(mesh)
    if limit and size > SHARE * limit:
        raise ValueError(
            f"config.run.reader=resident would keep {size / 1e9:.1f} GB on each "
            f"device, of {limit / 1e9:.1f} GB: use numpy or tf_data, which stream."
        )


def _memory_limit(mesh: Mesh) -> int | None:
    """Bytes that a device of the mesh may hold; None where it does not say."""
    statistics = mesh.devices.flat[0].memory_stats() or {}
    return statistics.get("bytes_limit")
