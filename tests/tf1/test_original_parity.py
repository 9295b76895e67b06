"""The `original` networks against numbers of the authors' own TensorFlow 1 graph.

Each `tf1_<direction>.npz` in the folder named by CMGAN_TF1_FIXTURES holds what the
graph computes for weights and inputs drawn from names; every key of it is compared.
"""

import functools
import json
import os
import pathlib
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.classifier import Classifier
from cmgan_jax.nets.discriminator import Discriminator
from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import Generator
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.tf1 import variables as tf1
from cmgan_jax.training.losses import (
    adversarial_loss,
    classification_loss,
    discriminator_loss,
    generator_loss,
)

REPOSITORY = pathlib.Path(__file__).parents[2]
FOLDER = pathlib.Path(
    os.environ.get("CMGAN_TF1_FIXTURES", REPOSITORY / "../shared/reference")
)
FIXTURES = sorted(FOLDER.glob("tf1_*.npz"))
BATCH = 8
HINGE = adversarial_loss("hinge")
MUTABLE = ["batch_stats", "spectral_stats"]

ENCODER = Encoder(attention_batch_statistics=True)
CLASSIFIER = Classifier(13)
GENERATOR = Generator(late_stages="sigmoid", attention_batch_statistics=True)
DISCRIMINATOR = Discriminator(
    norm=True,
    spectral_norm=SpectralNorm(differentiate=True),
    attention_batch_statistics=True,
)


def _normal(tag, shape):
    return np.random.default_rng(zlib.crc32(tag.encode())).standard_normal(shape)


def _weight(name, shape):
    """One variable of the graph, drawn from its name as the folder's README says."""
    drawn, role = _normal(name, shape), name.split("/")[-1]
    if role in ("gammaI", "gammaS"):
        return np.full(shape, 0.5, np.float32)
    if role == "gamma":
        value = 1 + 0.1 * drawn
    elif role in ("beta", "bias", "moving_mean"):
        value = 0.1 * drawn
    elif role == "moving_variance":
        value = 1 + 0.1 * np.abs(drawn)
    elif role == "u":
        value = drawn
    else:
        value = drawn / np.sqrt(np.prod(shape[:-1]))
    return value.astype(np.float32)


def _shapes(direction, fixture):
    """Names and shapes of one direction's graph.

    Without a list of its own, a direction is taken to be the mirror of s2i: the same
    names, with the attention of generator and discriminator named after the sound.
    """
    own = FOLDER / f"tf1_{direction}_variables.json"
    if own.exists():
        return json.loads(own.read_text())
    shapes = json.loads((FOLDER / "tf1_s2i_variables.json").read_text())
    mirrored = {}
    for name, shape in shapes.items():
        if name.startswith(("generator/attention", "discriminator/attention")):
            name = name.replace("I_", "S_").replace("gammaI", "gammaS")
        mirrored[name] = shape
    if set(fixture["grad/generator/names"]) <= set(mirrored):
        return mirrored
    return shapes


@functools.partial(jax.jit, static_argnames="train")
def _encode(encoder, classifier, x, *, train):
    (features, code), _ = ENCODER.apply(encoder, x, train=train, mutable=MUTABLE)
    return features, code, CLASSIFIER.apply(classifier, features)


@jax.jit
def _generate_at_test(generator, code, z):
    return GENERATOR.apply(generator, code, z, train=False)


def _discriminate(variables, x, code):
    return DISCRIMINATOR.apply(variables, x, code, train=True, mutable=MUTABLE)


@jax.jit
def _generator_update(generator, discriminator, code, z):
    def loss(params):
        x, _ = GENERATOR.apply(
            generator | {"params": params}, code, z, train=True, mutable=MUTABLE
        )
        logits, _ = _discriminate(discriminator, x, code)
        return generator_loss(HINGE, logits), (x, logits)

    return jax.value_and_grad(loss, has_aux=True)(generator["params"])


@jax.jit
def _discriminator_pass(discriminator, x, code):
    def loss(params):
        logits, state = _discriminate(discriminator | {"params": params}, x, code)
        return HINGE.real(logits).mean(), (logits, state)

    gradient, (logits, state) = jax.grad(loss, has_aux=True)(discriminator["params"])
    return logits, gradient, state


class Graph:
    """Our networks with one fixture's weights, and what they compute of its inputs."""

    def __init__(self, path):
        self.direction = path.stem.removeprefix("tf1_")
        self.expected = dict(np.load(path))
        self.shapes = _shapes(self.direction, self.expected)
        weights = {name: _weight(name, shape) for name, shape in self.shapes.items()}
        self.networks = tf1.from_tf1(weights)
        pictures = (BATCH, 64, 64, 3)
        self.inputs = {
            tag: np.tanh(_normal(tag, pictures)).astype(np.float32)
            for tag in ("image", "sound", "mismatch")
        }
        self.inputs["z"] = _normal("z", (BATCH, 62)).astype(np.float32)
        sides = ("sound", "image") if self.direction == "s2i" else ("image", "sound")
        self.source, self.target = sides

    def encode(self, modality, *, train):
        return _encode(
            self.networks[f"{modality}_encoder"],
            self.networks[f"{modality}_classifier"],
            self.inputs[modality],
            train=train,
        )

    def generator_update(self):
        code = self.encode(self.source, train=True)[1]
        return _generator_update(
            self.networks["generator"],
            self.networks["discriminator"],
            code,
            self.inputs["z"],
        )

    def discriminator_pass(self, kind):
        x = self.inputs[self.target if kind == "real" else "mismatch"]
        code = self.encode(self.source, train=True)[1]
        return _discriminator_pass(self.networks["discriminator"], x, code)

    def logits(self):
        """Real, fake and mismatched logits, each from a pass of its own."""
        return {
            "real": self.discriminator_pass("real")[0],
            "fake": self.generator_update()[0][1][1],
            "mismatched": self.discriminator_pass("mismatched")[0],
        }

    def require_norms_and_probes(self, group, networks):
        names = self.expected[f"{group}/names"]
        arrays = tf1.to_tf1(networks, self.shapes)
        for index, name in enumerate(names):
            array = np.asarray(arrays[name], np.float64)
            norm = self.expected[f"{group}/norm"][index]
            probe = np.sum(array * _normal(f"probe/{name}", array.shape))
            scale = max(norm, 1e-3)
            assert abs(np.linalg.norm(array) - norm) <= 5e-3 * scale, name
            assert abs(probe - self.expected[f"{group}/probe"][index]) <= (
                1e-2 * scale
            ), name


@pytest.fixture(
    scope="module",
    params=FIXTURES
    or [
        pytest.param(
            None, marks=pytest.mark.skip(f"no tf1_<direction>.npz in {FOLDER}")
        )
    ],
    ids=lambda path: path.stem if path else "absent",
)
def graph(request):
    return Graph(request.param)


def _close(actual, expected, tolerance=1e-4):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance)


def test_encoders_and_classifiers_at_test(graph):
    for modality in ("image", "sound"):
        features, code, logits = graph.encode(modality, train=False)
        expected = graph.expected
        _close(features, expected[f"eval/encoder_{modality}_features"])
        _close(code, expected[f"eval/encoder_{modality}"])
        _close(jax.nn.softmax(logits), expected[f"eval/classifier_{modality}_probs"])


def test_generator_at_test(graph):
    code = graph.encode(graph.source, train=False)[1]
    generated = _generate_at_test(graph.networks["generator"], code, graph.inputs["z"])
    _close(generated, graph.expected["eval/generator"])


def test_classifiers_in_training(graph):
    labels = jnp.arange(BATCH)
    for modality in ("image", "sound"):
        loss = classification_loss(graph.encode(modality, train=True)[2], labels)
        _close(loss, graph.expected[f"train/classifier_{modality}_loss"])


def test_code_and_generated_in_training(graph):
    _close(graph.encode(graph.source, train=True)[1], graph.expected["train/condition"])
    (_, (generated, _)), _ = graph.generator_update()
    _close(generated, graph.expected["train/generator"])


def test_logits_and_losses(graph):
    logits = graph.logits()
    for kind, actual in logits.items():
        expected = graph.expected[f"train/discriminator_logit_{kind}"]
        _close(actual[:, None], expected)
    (loss, _), _ = graph.generator_update()
    _close(loss, graph.expected["train/g_loss"], 1e-2)
    loss = discriminator_loss(HINGE, **logits)
    _close(loss, graph.expected["train/d_loss"], 1e-2)


def test_generator_gradient(graph):
    _, gradient = graph.generator_update()
    graph.require_norms_and_probes(
        "grad/generator", {"generator": {"params": gradient}}
    )


def test_discriminator_gradient(graph):
    gradient = graph.discriminator_pass("real")[1]
    graph.require_norms_and_probes(
        "grad/discriminator_real_hinge", {"discriminator": {"params": gradient}}
    )


def test_discriminator_state_after_one_pass(graph):
    state = graph.discriminator_pass("real")[2]
    graph.require_norms_and_probes(
        "state/discriminator_after_real", {"discriminator": state}
    )


def test_every_key_is_compared(graph):
    modalities = ("image", "sound")
    compared = {
        *(f"eval/encoder_{m}" for m in modalities),
        *(f"eval/encoder_{m}_features" for m in modalities),
        *(f"eval/classifier_{m}_probs" for m in modalities),
        *(f"train/classifier_{m}_loss" for m in modalities),
        *(f"train/discriminator_logit_{k}" for k in ("real", "fake", "mismatched")),
        "eval/generator",
        "train/generator",
        "train/condition",
        "train/d_loss",
        "train/g_loss",
        *(
            f"{group}/{part}"
            for group in (
                "grad/generator",
                "grad/discriminator_real_hinge",
                "state/discriminator_after_real",
            )
            for part in ("names", "norm", "probe")
        ),
    }
    assert set(graph.expected) == compared
