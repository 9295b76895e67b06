"""Which models are served, where they look, and what they begin with."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from cmgan_jax.prepare.datasets.pocket_orchestra.performance import CLASS_NAMES
from cmgan_jax.serving import critics
from cmgan_jax.serving.gallery import find_exhibits
from cmgan_jax.serving.looking import look
from cmgan_jax.serving.ways import open_ways


def test_data_that_are_others_are_not_used(small_model, small_data):
    record = dataclasses.replace(small_model.record, data_digest="0" * 64)
    model = dataclasses.replace(small_model, record=record)
    assert open_ways([model])["sound"].prepared is None
    with pytest.raises(ValueError, match=r"--data=.* holds other data than"):
        open_ways([model], data=small_data.path)
    moved = dataclasses.replace(small_model.record, data="/nowhere")
    model = dataclasses.replace(small_model, record=moved)
    assert open_ways([model])["sound"].prepared is None
    named = open_ways([model], data=small_data.path)["sound"].prepared
    assert named.digest == small_data.digest


def test_where_a_spectrogram_is_looked_at_is_upright(ways):
    """Its lowest band is row 0, and is seen at the bottom."""

    def looks_at(place):
        def looks(variables, sources):
            return np.eye(16, dtype=np.float32)[[[place] * 16]], np.float32(0.5)

        return looks

    for modality, row in (("sound", 3), ("image", 0)):
        way = ways[modality]
        system = dataclasses.replace(way.model.system, looks=looks_at(2))
        seen = dataclasses.replace(
            way, model=dataclasses.replace(way.model, system=system)
        )
        found = look(seen, np.zeros(way.source_shape, np.uint8))
        assert np.argwhere(found.weights == 1).tolist() == [[row, 2]]
        assert found.gate == 0.5


def test_a_model_without_attention_looks_nowhere(ways):
    way = ways["sound"]
    system = dataclasses.replace(way.model.system, looks=None)
    blind = dataclasses.replace(
        way, model=dataclasses.replace(way.model, system=system)
    )
    assert look(blind, np.zeros(way.source_shape, np.uint8)) is None


def test_without_its_data_the_embedded_orchestra_plays_to_a_model_of_its_classes(ways):
    way = dataclasses.replace(ways["sound"], prepared=None)
    assert find_exhibits(way) == ("", ())
    record = dataclasses.replace(way.model.record, class_names=CLASS_NAMES)
    player = dataclasses.replace(
        way, model=dataclasses.replace(way.model, record=record)
    )
    origin, exhibits = find_exhibits(player)
    assert "embedded orchestra" in origin
    assert tuple(one.class_name for one in exhibits) == CLASS_NAMES
    assert exhibits[0].source.shape == (16, 16, 1)
    assert exhibits[0].truth.shape == (16, 16, 3)


def test_critics_are_the_judges_of_the_data_where_there_are_some(ways, monkeypatch):
    logits = np.array([[0.0, 800.0], [3.0, 3.0]], np.float32)
    judge = SimpleNamespace(name="strided", logits=lambda targets: logits)
    monkeypatch.setattr(critics, "stored_judges", lambda prepared, modality: (judge,))
    (critic,) = critics.find_critics(ways["sound"].model, ways["sound"].prepared)
    assert (critic.name, critic.is_judge) == ("strided judge", True)
    shares = critic.probabilities(np.zeros((2, 16, 16, 3), np.uint8))
    np.testing.assert_allclose(shares, [[0, 1], [0.5, 0.5]])
