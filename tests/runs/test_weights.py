"""Models in one file: the same as in a workdir, or refused."""

import dataclasses
import json
import math
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.weights import KEY, read_models, rounded, write_models


@pytest.fixture(scope="module")
def file(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    write_models(path, [small_model])
    return path


def test_a_file_holds_what_the_workdir_does(small_model, small_data, file):
    (model,) = read_models(file)
    assert (model.step, model.digest) == (small_model.step, small_model.digest)
    assert model.workdir == file and model.direction == small_model.direction
    jax.tree.map(np.testing.assert_array_equal, model.variables, small_model.variables)
    placed = {place for x in jax.tree.leaves(model.variables) for place in x.devices()}
    assert len(placed) == 1 < jax.device_count()
    mask = os.umask(0o022)
    os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask
    named = dataclasses.replace(small_model.record, data="data")
    assert json.dumps(model.record.to_json()) == json.dumps(named.to_json())
    sounds = np.asarray(small_data.split("test").sound.array)
    np.testing.assert_array_equal(model.generate(sounds), small_model.generate(sounds))
    with pytest.raises(FileNotFoundError, match="no classifiers: give the workdir"):
        model.classifier("image")
    assert str(small_data.path.parent).encode() not in file.read_bytes()


def test_half_precision_takes_half_the_room_and_loses_nothing_more(
    small_model, file, tmp_path
):
    half = rounded(small_model)
    assert half.digest != small_model.digest
    leaves = [jax.tree.leaves(each.variables) for each in (half, small_model)]
    for short, long in zip(*leaves, strict=True):
        assert short.dtype == long.dtype
        np.testing.assert_allclose(short, long, rtol=2**-11, atol=2**-25)
    path = tmp_path / "half.safetensors"
    write_models(path, [half])
    assert path.stat().st_size < 0.6 * file.stat().st_size
    (again,) = read_models(path)
    assert again.digest == half.digest
    jax.tree.map(np.testing.assert_array_equal, again.variables, half.variables)


def test_equal_arrays_are_kept_once(small_model, file, tmp_path):
    """The mistakes: each kept; those of other shapes or sizes of number are taken."""
    ones = jax.tree.map(jnp.ones_like, small_model.variables)
    shapes = {leaf.shape for leaf in jax.tree.leaves(ones)}
    assert len({math.prod(shape) for shape in shapes}) < len(shapes)
    of_ones = dataclasses.replace(
        small_model,
        variables=ones,
        digest=f"{digest(ones, step=small_model.step):08x}",
    )
    path = tmp_path / "ones.safetensors"
    write_models(path, [of_ones])
    with safe_open(path, framework="numpy") as stored:
        assert len(list(stored.keys())) == len(shapes)
    (again,) = read_models(path)
    jax.tree.map(np.testing.assert_array_equal, again.variables, ones)


def test_files_of_version_1_are_still_read(small_model, file, tmp_path):
    path = tmp_path / "older.safetensors"
    with safe_open(file, framework="numpy") as stored:
        about = json.loads(stored.metadata()[KEY])
    tensors = load_file(file)
    tensors |= {key: tensors[first] for key, first in about.pop("same").items()}
    save_file(tensors, path, metadata={KEY: json.dumps(about | {"version": 1})})
    (again,) = read_models(path)
    assert again.digest == small_model.digest


def test_one_flipped_bit_is_damage(file, tmp_path):
    path, content = tmp_path / "damaged.safetensors", bytearray(file.read_bytes())
    content[-5] ^= 4
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is damaged \(digest .*copy it again"):
        read_models(path)


def test_what_is_no_file_of_this_program_is_refused(file, tmp_path):
    path = tmp_path / "other.safetensors"
    with pytest.raises(FileNotFoundError, match="is no file"):
        read_models(path)
    path.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is damaged"):
        read_models(path)
    for metadata, expected in (
        (None, "none that `python -m cmgan_jax export` wrote"),
        ({KEY: '{"version": 9}'}, "has version 9; this software knows 1 to 2"),
        ({KEY: '{"version": 1}'}, "is damaged"),
    ):
        save_file({"x": np.zeros(3, np.float32)}, path, metadata=metadata)
        with pytest.raises(ValueError, match=expected):
            read_models(path)


def test_two_of_one_direction_are_refused(small_model, tmp_path):
    with pytest.raises(ValueError, match="both generate sound to image: give one"):
        write_models(tmp_path / "two.safetensors", [small_model, small_model])
    assert not list(tmp_path.iterdir())
