"""Files appear whole or not at all."""

import numpy as np
import pytest

from cmgan_jax.runtime.whole_file import (
    read_json,
    read_npz,
    write_json,
    write_npz,
)


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


@pytest.mark.parametrize("content", ["", "{", "[1]", "\xff", "[" * 100_000])
def test_a_damaged_json_file_is_named(content, tmp_path):
    path = tmp_path / "some.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=rf"^{path} is damaged"):
        read_json(path)


def test_damaged_arrays_are_named_whatever_bit_is_wrong(tmp_path):
    path = tmp_path / "some.npz"
    write_npz(path, {"a": np.arange(40)})
    whole, noticed = path.read_bytes(), 0
    for place in range(0, len(whole), 3):
        content = bytearray(whole)
        content[place] ^= 64
        path.write_bytes(content)
        try:
            read_npz(path)
        except ValueError as error:
            assert str(error).startswith(f"{path} is damaged")
            noticed += 1
    assert noticed > 60  # dates and the like may be anything
    path.write_bytes(whole[:-9])
    with pytest.raises(ValueError, match="is damaged"):
        read_npz(path)


def test_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "some.npz", a=np.array([{}], object))
    with pytest.raises(ValueError, match=r"allow_pickle=False"):
        read_npz(tmp_path / "some.npz")
