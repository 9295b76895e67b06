"""The training batches as a tf.data stream, the same bytes as `reader` gives."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from cmgan_jax.data.items import Split
from cmgan_jax.data.reader import BatchReader

_DTYPES = {
    "source": tf.uint8,
    "target": tf.uint8,
    "mismatched": tf.uint8,
    "label": tf.int32,
}
_PARALLEL_READS = 2
_BATCHES_AHEAD = 4


def stream_batches(
    split: Split,
    *,
    direction: str,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
) -> Iterator[dict[str, np.ndarray]]:
    """Endless training batches through tf.data.

    Args, yields and raises as `reader.training_batches`.
    """
    return training_dataset(
        split,
        direction=direction,
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
        start_step=start_step,
    ).as_numpy_iterator()


def training_dataset(
    split: Split,
    *,
    direction: str,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
) -> tf.data.Dataset:
    """The stream itself, for pipelines that go on in TensorFlow.

    Args and raises as `reader.training_batches`; elements are its batches with fixed
    shapes.
    """
    _hide_accelerators()
    reader = BatchReader(
        split,
        direction=direction,
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
    )
    shapes = {name: value.shape for name, value in reader.read(start_step).items()}

    def read(step: tf.Tensor) -> dict[str, tf.Tensor]:
        tensors = tf.numpy_function(
            lambda step: tuple(reader.read(int(step))[name] for name in _DTYPES),
            [step],
            list(_DTYPES.values()),
            stateful=False,
        )
        named = dict(zip(_DTYPES, tensors, strict=True))
        return {
            name: tf.ensure_shape(tensor, shapes[name])
            for name, tensor in named.items()
        }

    steps = tf.data.Dataset.range(start_step, np.iinfo(np.int64).max)
    batches = steps.map(read, num_parallel_calls=_PARALLEL_READS, deterministic=True)
    options = tf.data.Options()
    options.threading.private_threadpool_size = _PARALLEL_READS
    return batches.prefetch(_BATCHES_AHEAD).with_options(options)


def _hide_accelerators() -> None:
    # TensorFlow would otherwise reserve the memory JAX needs.
    for kind in ("GPU", "TPU"):
        try:
            tf.config.set_visible_devices([], kind)
        except (RuntimeError, ValueError):
            # Too late, or no such kind in this build: nothing of ours runs there.
            continue
