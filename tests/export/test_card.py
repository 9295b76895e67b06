"""The card says what was measured of the very weights in the file."""

import dataclasses
import json

import pytest

from cmgan_jax.export import card
from cmgan_jax.runs.weights import rounded
from cmgan_jax.signals.direction import I2S, S2I

RESULT = {
    "n": 12,
    "songs": 4,
    "chance": 1 / 3,
    "labels_in_training": ["a loss"],
    "judges_itself": False,
    "metrics": {
        "headline": {"accuracy": 0.9, "interval": [0.8, 0.95]},
        "accuracy": {"strided": {"accuracy": 0.9}, "pooled": {"accuracy": 0.91}},
        "real_accuracy": {"strided": 0.97, "pooled": 0.98},
        "worst_class": {"name": "low", "accuracy": 0.75},
        "diversity": {"mean": 0.6, "least": {"name": "high", "ratio": 0.5}},
        "distance_to_real": {"generated": 0.2, "floor": 0.1},
        "pitch_kept": {"within_semitone": 0.6, "real": 0.74, "chance": 0.11, "n": 12},
    },
}
NAMES = (("small", "s2i"), ("both", "s2i"), ("both", "i2s"))


@pytest.fixture
def written(small_model, small_data, tmp_path, monkeypatch):
    scored = []

    def evaluate_run(model, prepared, *, split):
        scored.append((model.digest, model.workdir.name, split))
        return RESULT

    monkeypatch.setattr(card, "evaluate_run", evaluate_run)
    half = rounded(small_model)
    system = dataclasses.replace(half.system, directions=(S2I, I2S))
    both = dataclasses.replace(half, system=system)
    card.write_card(tmp_path / "small.safetensors", [half], small_data)
    card.write_card(tmp_path / "both.safetensors", [both], small_data)
    return half, scored, tmp_path


def test_the_weights_of_the_file_are_scored(written):
    half, scored, _ = written
    folders = [f"{name}.safetensors_{way}" for name, way in NAMES]
    assert scored == [(half.digest, folder, "test") for folder in folders]


def test_people_and_programs_read_the_same(written):
    half, _, folder = written
    (model,) = json.loads((folder / "small.json").read_text())["models"]
    assert model["digest"] == half.digest and model["step"] == 4
    assert model["results"]["test"]["headline"] == RESULT["metrics"]["headline"]
    text = (folder / "small.md").read_text()
    for expected in (
        "| s2i, test | **90.0** (80.0 to 95.0) | 12, 4 | 90.0, 91.0 | 97.0, 98.0 |",
        "low 75.0",
        "| 0.60 (real targets 0.74, chance 0.11) |",
        f"digest {half.digest}",
        "labels help in training: a loss",
    ):
        assert expected in text
