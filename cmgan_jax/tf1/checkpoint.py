"""The variables of a TensorFlow 1 checkpoint, as arrays by name."""

from pathlib import Path

import numpy as np

from cmgan_jax.runtime.whole_file import read_npz


def read_variables(path: Path) -> dict[str, np.ndarray]:
    """Reads every variable of a checkpoint.

    Args:
      path: an .npz of arrays by variable name (read without TensorFlow), the prefix
        that tf.train.Saver wrote, or its folder, whose newest checkpoint is read.

    Raises:
      FileNotFoundError: nothing there.
      ValueError: there is something, but no checkpoint.
    """
    if path.suffix == ".npz" and path.is_file():
        return read_npz(path)
    if not path.is_dir() and not path.with_name(path.name + ".index").is_file():
        raise FileNotFoundError(
            f"{path} is neither an .npz file, nor the prefix of a checkpoint (then "
            f"{path.name}.index would be there), nor a folder."
        )
    import tensorflow as tf

    try:
        reader = tf.train.load_checkpoint(str(path))
    except (ValueError, tf.errors.OpError) as error:
        raise ValueError(f"{path} is no TensorFlow checkpoint: {error}") from error
    return {
        name: np.asarray(reader.get_tensor(name))
        for name in reader.get_variable_to_shape_map()
    }
