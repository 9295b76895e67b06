"""Recognisers of both modalities learn classes, and which sound is of which picture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.pretraining import recogniser
from cmgan_jax.systems.pretraining_phase import of_modality
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.state import apply_evaluation

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=2, stem_aligned=True)
FIELDS = {
    "model.width": 8,
    "model.hidden_size": 32,
    "model.attention_stage": -1,
    "classifier.steps": 150,
    "classifier.batch_size": 16,
    "classifier.learning_rate": 3e-3,
    "classifier.beta1": 0.9,
}


def moments(rng, n: int) -> dict:
    """Pairs of two classes whose height, alike in both, no class tells."""
    label = rng.integers(0, 2, n)
    height = rng.integers(0, 12, n)
    image = rng.integers(0, 60, (n, 16, 16, 3))
    sound = rng.integers(0, 60, (n, 16, 16, 1))
    for row in range(n):
        image[row, height[row] : height[row] + 4, :, label[row]] += 180
        sound[row, height[row] : height[row] + 4, 8 * label[row] :] += 180
    fields = {"image": image.astype(np.uint8), "sound": sound.astype(np.uint8)}
    return fields | {"label": label.astype(np.int32)}


def trained(settings, pair_weight: float):
    """The system, what all steps leave, the last metrics, and the encoder."""
    fields = {**FIELDS, "classifier.pair_weight": pair_weight}
    if not pair_weight:
        fields["gan.pair_weight"] = 0.0
    config = settings("sa_cmgan", "s2i", fields)
    system = assemble(config, TASK)
    phase = system.phase("recognisers")
    rng, step = np.random.default_rng(0), jax.jit(phase.step)
    state = jax.jit(lambda: phase.init(jax.random.key(0), {}))()
    for _ in range(phase.steps):
        state, metrics = step(state, moments(rng, phase.batch_size))
    module = recogniser(config, TASK)
    return system, phase.inference(state), metrics, module.encoder


@pytest.fixture(scope="module")
def paired(settings):
    return trained(settings, 1.0)


def test_both_recognise_classes_never_seen(paired):
    system, variables, metrics, _ = paired
    held = moments(np.random.default_rng(1), 64)
    for modality in ("image", "sound"):
        x = held[modality] / 127.5 - 1.0
        logits = system.recognitions[modality].logits(variables, jnp.float32(x))
        assert (np.argmax(logits, -1) == held["label"]).mean() > 0.95, modality
        assert f"{modality}_accuracy" in metrics


def test_autoencoders_are_the_same_in_both_directions(settings):
    """As a run takes them over from one of the other, whose spectra are none."""
    alone = {
        **{"classifier.objective": "reconstruction", "classifier.pair_weight": 0.0},
        **{"gan.classification_weight": 0.0, "gan.pair_weight": 0.0},
    }
    shapes = [
        assemble(settings("sa_cmgan", way, alone), TASK).inference_shapes(
            ("autoencoders",)
        )
        for way in ("s2i", "i2s")
    ]
    assert shapes[0] == shapes[1]


def test_the_code_says_more_than_the_class(paired, settings):
    """The height is read off codes by least squares, where pairs were told apart."""
    rng = np.random.default_rng(2)
    told, held = moments(rng, 400), moments(rng, 200)
    error = {}
    for name, (_, variables, _, encoder) in {
        "paired": paired,
        "classified": trained(settings, 0.0),
    }.items():
        codes = [_code(encoder, variables, part["sound"]) for part in (told, held)]
        heights = [part["sound"].astype(float).mean((2, 3)) for part in (told, held)]
        centre = [h @ np.arange(16) / h.sum(-1) for h in heights]
        design = [np.c_[code, np.ones(len(code))] for code in codes]
        solution = np.linalg.lstsq(design[0], centre[0], rcond=None)[0]
        residual = design[1] @ solution - centre[1]
        error[name] = residual.std() / centre[1].std()
    assert error["paired"] < 0.5
    assert error["paired"] < 0.8 * error["classified"]


def _code(encoder, variables, sounds):
    sound = of_modality(variables, "sound")
    parts = {name: tree["encoder"] for name, tree in sound.items()}
    x = jnp.float32(sounds / 127.5 - 1.0)
    return np.asarray(apply_evaluation(encoder, parts, x)[1])


def test_pairs_are_found_in_both_ways(paired):
    _, _, metrics, _ = paired
    assert float(metrics["pair_loss"]) < 0.7 * np.log(FIELDS["classifier.batch_size"])


def test_without_pairs_there_is_nothing_to_place(settings):
    system = assemble(settings("sa_cmgan_original", "s2i"), TASK)
    phase = system.phase("recognisers")
    state = jax.eval_shape(lambda: phase.init(jax.random.key(0), {}))
    assert set(state.network.params["image"]) == {"encoder", "classifier"}
