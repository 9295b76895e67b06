"""The readers by name: what training and its measurements are fed."""

from jax.sharding import Mesh

from cmgan_jax.data.items import Split
from cmgan_jax.data.reader import training_batches
from cmgan_jax.data.resident import Resident
from cmgan_jax.runtime import devices
from cmgan_jax.training.batch import Needs
from cmgan_jax.training.dispatch import Feed, Feeds


def open_feeds(reader: str, split: Split, *, pairing: str, mesh: Mesh) -> Feeds:
    """The batches of a split through one of `systems.checks.READERS`.

    Args:
      reader: "tf_data", "numpy" or "resident"; all give the same batches, and each
        process reads its own rows of them.
      split: prepared rows.
      pairing: "stem" or "class".
      mesh: devices that share each batch.

    Returns:
      (needs, batch size, seed, first step) -> what the steps are fed.

    Raises:
      ValueError: as `Resident` and, when a feed is opened, `training_batches`.
    """
    if reader == "resident":
        return Resident(split, pairing=pairing, mesh=mesh).feed
    read = training_batches if reader == "numpy" else _tf_data_reader()

    def feed(needs: Needs, batch_size: int, seed: int, start_step: int) -> Feed:
        batches = read(
            split,
            needs=needs,
            pairing=pairing,
            batch_size=batch_size,
            seed=seed,
            start_step=start_step,
            part=devices.own_part(batch_size, mesh),
        )
        return Feed(batches)

    return feed


def _tf_data_reader():
    # TensorFlow, which training needs only here.
    from cmgan_jax.data.stream import stream_batches

    return stream_batches
