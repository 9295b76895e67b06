"""Files appear whole or not at all."""

import numpy as np
import pytest

from cmgan_jax.runtime.whole_file import write_json, write_npz


def test_arrays_come_back_and_nothing_is_left_beside_them(tmp_path):
    path = tmp_path / "folder" / "some.npz"
    write_npz(path, {"a": np.arange(3), "b/c": np.zeros((2, 2), np.uint8)})
    with np.load(path) as file:
        assert sorted(file.files) == ["a", "b/c"]
        np.testing.assert_array_equal(file["a"], [0, 1, 2])
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_stays_when_writing_fails(tmp_path):
    path = tmp_path / "some.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert path.read_text() == '{\n  "a": 1\n}\n'
