"""A program for JAX alone: the same results, any batch, and a description with it."""

import json
import zipfile

import jax
import numpy as np
import pytest

from cmgan_jax.export.program import write_program


@pytest.fixture(scope="module")
def parts(small_model, tmp_path_factory):
    """The program and its description, read as its users do."""
    path = tmp_path_factory.mktemp("program") / "small.zip"
    write_program(path, small_model)
    with zipfile.ZipFile(path) as archive:
        program = jax.export.deserialize(bytearray(archive.read("program")))
        return program, json.loads(archive.read("about.json"))


def test_it_gives_what_the_model_does_for_any_batch(parts, small_model, small_data):
    program, _ = parts
    sounds = np.asarray(small_data.split("test").sound.array)
    for rows in (slice(0, 1), slice(2, 7)):
        noise = small_model.draw_noise(sounds[rows], seed=4)
        made = program.call(sounds[rows], noise)
        expected = small_model.generate(sounds[rows], seed=4)
        assert made.dtype == np.uint8 and made.shape == expected.shape
        # Another program rounds otherwise, now and then.
        apart = np.abs(np.asarray(made, int) - expected)
        assert apart.max() <= 1 and apart.mean() < 0.05


def test_it_says_what_it_takes_and_where_it_runs(parts, small_model):
    program, about = parts
    assert program.platforms == ("cpu", "cuda", "tpu")
    assert about["source"] == ["sound", 16, 16, 1]
    assert about["target"] == ["image", 16, 16, 3]
    assert (about["direction"], about["noise_size"]) == ("s2i", 62)
    assert about["class_names"] == ["low", "middle", "high"]
    assert about["digest"] == small_model.digest
    representation = small_model.record.representation.to_json()
    assert about["representation"] == representation
