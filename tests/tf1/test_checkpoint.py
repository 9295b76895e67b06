"""Reading the variables of TensorFlow 1 checkpoints."""

import numpy as np
import pytest
import tensorflow as tf

from cmgan_jax.tf1.checkpoint import read_variables

VARIABLES = {
    "generator/g_dc2/w": np.ones((4, 4, 2, 3), np.float32),
    "step": np.array(7),
}


def _same(variables):
    assert variables.keys() == VARIABLES.keys()
    for name, array in VARIABLES.items():
        np.testing.assert_array_equal(variables[name], array)


def test_prefix_folder_and_npz_hold_the_same(tmp_path):
    prefix = tmp_path / "model-12000"
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(VARIABLES),
        shape_and_slices=["", ""],
        tensors=list(VARIABLES.values()),
    )
    _same(read_variables(prefix))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model-12000"\n')
    _same(read_variables(tmp_path))
    np.savez(tmp_path / "weights.npz", **VARIABLES)
    _same(read_variables(tmp_path / "weights.npz"))


def test_what_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model-1\.index"):
        read_variables(tmp_path / "model-1")
    (tmp_path / "weights.npz").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(ValueError, match=r"weights\.npz is damaged"):
        read_variables(tmp_path / "weights.npz")
    with pytest.raises(ValueError, match="no TensorFlow checkpoint"):
        read_variables(tmp_path)
