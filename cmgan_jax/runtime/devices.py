"""One mesh axis: the batch is split over all devices, the state is on each of them."""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def data_mesh() -> Mesh:
    """All devices in one axis called "data", those of a process side by side."""
    devices = sorted(jax.devices(), key=lambda one: (one.process_index, one.id))
    return Mesh(np.array(devices), ("data",))


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def split_batch(mesh: Mesh, *, stacked: bool = False) -> NamedSharding:
    """Every device holds its part of the rows: the first axis; if stacked, the next."""
    axes = (None, "data") if stacked else ("data",)
    return NamedSharding(mesh, PartitionSpec(*axes))


def own_part(batch_size: int, mesh: Mesh) -> slice:
    """The rows of each batch that this process reads."""
    parts = split_batch(mesh).addressable_devices_indices_map((batch_size,)).values()
    ranges = [rows.indices(batch_size) for (rows,) in parts]
    return slice(min(r[0] for r in ranges), max(r[1] for r in ranges))


def require_divisible(batch_size: int, mesh: Mesh, *, phase: str) -> None:
    """Refuses a batch that the devices cannot share equally.

    Raises:
      ValueError: names the phase and the nearest batch sizes that would do.
    """
    devices = mesh.size
    if batch_size % devices:
        lower = batch_size // devices * devices
        sizes = [size for size in (lower, lower + devices) if size]
        raise ValueError(
            f"phase {phase!r}: a batch of {batch_size} cannot be split over {devices} "
            f"devices; use {' or '.join(map(str, sizes))}."
        )


def to_devices(batch: Any, mesh: Mesh, *, stacked: bool = False) -> Any:
    """A batch of host arrays, each process holding its own rows, on the devices.

    Args:
      batch: tree of arrays [b ...].
      mesh: devices that share the rows.
      stacked: the arrays are those of several batches, [k b ...].
    """
    sharding = split_batch(mesh, stacked=stacked)
    if jax.process_count() == 1:
        return jax.device_put(batch, sharding)
    return jax.tree.map(
        lambda rows: jax.make_array_from_process_local_data(sharding, rows), batch
    )


def everywhere(tree: Any, mesh: Mesh) -> Any:
    """Host arrays, the same in every process, whole on each of the devices."""
    sharding = replicated(mesh)
    if jax.process_count() == 1:
        return jax.device_put(tree, sharding)
    return jax.tree.map(
        lambda whole: jax.make_array_from_process_local_data(
            sharding, whole, global_shape=whole.shape
        ),
        tree,
    )


def here(tree: Any) -> Any:
    """Arrays that every device holds whole, as one device of this process has them.

    What is computed of them is computed in this process alone, and by the same program
    whatever other devices there are.
    """
    return jax.tree.map(lambda x: x.addressable_data(0), tree)
