"""A folder for TensorFlow: the same results, any batch, whole or not there."""

import json
import sys

import numpy as np
import pytest

from cmgan_jax.export import saved_model
from cmgan_jax.export.saved_model import (
    TensorFlowMissingError,
    TensorFlowTooOldError,
    write_saved_model,
)

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def folder(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("tensorflow") / "small.savedmodel"
    try:
        write_saved_model(path, small_model)
    except TensorFlowTooOldError as error:
        assert not path.exists()
        pytest.skip(str(error))
    return path


def test_tensorflow_gives_what_the_model_does_for_any_batch(
    folder, small_model, small_data
):
    """The mistakes: the batch is fixed; noise is ignored; pixels are truncated."""
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    # What servers read; TensorFlow itself takes other batches than a signature says.
    specs = serve.structured_input_signature[1]
    assert specs["sources"].shape.as_list() == [None, 16, 16, 1]
    assert specs["noise"].shape.as_list() == [None, small_model.noise_size]
    sounds = np.asarray(small_data.split("test").sound.array)
    for rows in (slice(0, 1), slice(2, 7)):
        noise = small_model.draw_noise(sounds[rows], seed=4)
        given = {"sources": tf.constant(sounds[rows]), "noise": tf.constant(noise)}
        made = serve(**given)["targets"].numpy()
        expected = small_model.generate(sounds[rows], seed=4)
        assert made.dtype == np.uint8 and made.shape == expected.shape
        # Another program rounds otherwise, now and then.
        apart = np.abs(made.astype(int) - expected)
        assert apart.max() <= 1 and apart.mean() < 0.05
    about = json.loads((folder / "assets.extra" / "about.json").read_text())
    assert about["digest"] == small_model.digest


def test_a_folder_that_is_there_is_left_as_it_is(folder, small_model):
    before = sorted(path.name for path in folder.parent.iterdir())
    with pytest.raises(FileExistsError, match="name another folder, or delete it"):
        write_saved_model(folder, small_model)
    assert sorted(path.name for path in folder.parent.iterdir()) == before


def test_without_tensorflow_and_stopped_there_is_nothing(
    small_model, tmp_path, monkeypatch
):
    """The mistakes: a traceback; half a folder under the final name."""

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(saved_model, "about", stop)
        with pytest.raises(KeyboardInterrupt):
            write_saved_model(tmp_path / "a.savedmodel", small_model)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(TensorFlowMissingError, match="pip install tensorflow"):
        write_saved_model(tmp_path / "a.savedmodel", small_model)
    assert not list(tmp_path.iterdir())
