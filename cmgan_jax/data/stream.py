"""The training batches as a tf.data stream, the same bytes as `reader` gives."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from cmgan_jax.data.items import Split
from cmgan_jax.data.order import WHOLE
from cmgan_jax.data.reader import BatchReader
from cmgan_jax.training.batch import Needs

_PARALLEL_READS = 2
_BATCHES_AHEAD = 4


def stream_batches(
    split: Split,
    *,
    needs: Needs,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    part: slice = WHOLE,
) -> Iterator[dict[str, np.ndarray]]:
    """Endless training batches through tf.data.

    Args, yields and raises as `reader.training_batches`.
    """
    return training_dataset(
        split,
        needs=needs,
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
        start_step=start_step,
        part=part,
    ).as_numpy_iterator()


def training_dataset(
    split: Split,
    *,
    needs: Needs,
    pairing: str,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    part: slice = WHOLE,
) -> tf.data.Dataset:
    """The stream itself, for pipelines that go on in TensorFlow.

    Args and raises as `reader.training_batches`; elements are its batches with fixed
    shapes.
    """
    _hide_accelerators()
    reader = BatchReader(
        split,
        needs=needs,
        pairing=pairing,
        batch_size=batch_size,
        seed=seed,
        part=part,
    )
    first = reader.read(start_step)
    shapes = {name: value.shape for name, value in first.items()}
    dtypes = {name: tf.as_dtype(value.dtype) for name, value in first.items()}

    def read(step: tf.Tensor) -> dict[str, tf.Tensor]:
        tensors = tf.numpy_function(
            lambda step: tuple(reader.read(int(step))[name] for name in dtypes),
            [step],
            list(dtypes.values()),
            stateful=False,
        )
        named = dict(zip(dtypes, tensors, strict=True))
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
