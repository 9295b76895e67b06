"""One adversarial update of small systems, computed once for all tests."""

import dataclasses
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cmgan_jax.systems import gan_phase as gan
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.sa_cmgan import gan_parts
from cmgan_jax.training.state import NetState, apply_training

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=3, stem_aligned=True)
PIXELS = {
    "sound": TASK.sound_shape,
    "image": TASK.image_shape,
    "mismatched_image": TASK.image_shape,
}
BATCH = {
    name: np.random.default_rng(i).integers(0, 256, (8, *shape), dtype=np.uint8)
    for i, (name, shape) in enumerate(PIXELS.items())
} | {"label": np.array([0, 1, 2, 0, 1, 2, 0, 1], np.int32)}

# Without BatchNorm the discriminator judges every pair by itself.
PLAIN = {
    "model.discriminator_norm": False,
    "gan.posterior_weight": 0.0,
    "gan.classification_weight": 0.0,
    "gan.pair_weight": 0.0,
    "gan.reconstruction_weight": 10.0,
    "variation.image.shift": 0,
    "variation.image.noise": 0.0,
    "variation.image.tint": 0.0,
}


RATE = 0.1  # of every optimizer here


def remembering(rate: float) -> optax.GradientTransformation:
    """Gradient descent whose state is the last gradient."""
    return optax.GradientTransformation(
        init=lambda params: jax.tree.map(jnp.zeros_like, params),
        update=lambda gradient, state, params: (
            jax.tree.map(lambda g: -rate * g, gradient),
            gradient,
        ),
    )


def converged(parts: GanParts, network: NetState, steps: int = 200) -> NetState:
    """The discriminator with singular vectors that another iteration leaves alone."""
    x = jnp.zeros((1, *TASK.image_shape))
    code = jnp.zeros((1, parts.encoder.code_size))

    def iterate(_, spectral):
        now = network.replace(collections={**network.collections, **spectral})
        _, new = apply_training(parts.discriminator, now, network.params, x, code)
        return {"spectral_stats": new["spectral_stats"]}

    spectral = {"spectral_stats": network.collections["spectral_stats"]}
    spectral = jax.lax.fori_loop(0, steps, iterate, spectral)
    return network.replace(collections={**network.collections, **spectral})


def initialise(parts: GanParts) -> gan.GanState:
    root = jax.random.key(0)
    x = jnp.zeros((1, *TASK.sound_shape))
    variables = parts.encoder.init(jax.random.key(1), x, train=False)
    state = gan.init_state(
        parts, root=root, encoder_variables=variables, target_shape=TASK.image_shape
    )
    state = state.replace(discriminator=converged(parts, state.discriminator))
    if parts.prior_learnt:
        noise = jax.random.normal(root, (2, parts.z_size, parts.z_size))
        factor = jnp.eye(parts.z_size) + jnp.tril(noise[1]) / 4
        state = state.replace(prior={"mean": noise[0, 0], "factor": factor})
    if parts.recognises:
        target = jnp.zeros((1, *TASK.image_shape))
        recogniser = parts.target_recogniser.init(root, target, train=False)
        pair = parts.target_recogniser.init(jax.random.key(2), target, train=False)
        state = state.replace(
            target_recogniser=recogniser,
            source_pair={"params": {"pair": pair["params"]["pair"]}},
        )
    return state


@dataclasses.dataclass(frozen=True)
class Update:
    """One step of one system."""

    parts: GanParts
    step: jax.stages.Wrapped
    batch: dict
    before: gan.GanState
    after: gan.GanState
    metrics: dict


@pytest.fixture(name="converged", scope="session")
def _converged():
    return converged


@pytest.fixture(scope="session")
def settings(config_file, settings_of):
    """(name, direction, "section.field" to what it holds) -> settings of a system."""

    def get(name: str, direction: str, changed=MappingProxyType({})):
        config = config_file(name, direction)
        config.update_from_flattened_dict(dict(changed))
        return settings_of(config)

    return get


@pytest.fixture(scope="session")
def make_parts(tiny_config, settings_of):
    """Fields to override -> the parts of s2i; its optimizers keep the gradient."""

    def make(**overrides) -> GanParts:
        return dataclasses.replace(
            gan_parts(settings_of(tiny_config("s2i", **PLAIN | overrides)), TASK),
            generator_optimizer=remembering(RATE),
            discriminator_optimizer=remembering(RATE),
        )

    return make


@pytest.fixture(scope="session")
def make_update(make_parts):
    """Fields to override -> one step of s2i."""

    def make(**overrides) -> Update:
        parts = make_parts(**overrides)
        before = jax.jit(lambda: initialise(parts))()
        step = jax.jit(gan.make_step(parts))
        after, metrics = step(before, BATCH)
        return Update(parts, step, BATCH, before, after, metrics)

    return make


@pytest.fixture(scope="session")
def default(make_update) -> Update:
    return make_update()


@pytest.fixture(scope="session")
def helped(make_update) -> Update:
    """The whole encoder trained, and the run's own recogniser of targets heard."""
    fields = {"gan.classification_weight": 2.0, "gan.conditioning": "encoder"}
    return make_update(**fields)


@pytest.fixture(scope="session")
def listening(make_update) -> Update:
    """A posterior finds z in the target, and generated targets are found by sources.

    The generator's kernels are normalised, too, and noise is no longer standard.
    """
    fields = {
        "gan.posterior_weight": 0.25,
        "gan.prior": "learnt",
        "gan.pair_weight": 3.0,
        "model.spectral_norm": "both",
    }
    return make_update(**fields)


@pytest.fixture(scope="session")
def original(make_update) -> Update:
    """Untrained conditioning, BatchNorm in the discriminator, which learns at times."""
    fields = {
        "model.discriminator_norm": True,
        "gan.conditioning": "untrained",
        "gan.discriminator_every": 2,
        "gan.average_decay": 0.0,
        "gan.reconstruction_weight": 0.0,
    }
    return make_update(**fields)
