"""Configurations become systems, in both directions."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax import configs
from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.reader import training_batches
from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.systems import gan_parts
from cmgan_jax.systems.interface import System, Task
from cmgan_jax.systems.registry import assemble
from cmgan_jax.systems.sa_cmgan import gan_parts as parts_of
from cmgan_jax.training.batch import modality_of

IMAGE, SOUND = (64, 64, 3), (64, 64, 1)
TASK = Task(IMAGE, SOUND, num_classes=13, stem_aligned=True, pitched=True)
LARGE = Task((128, 128, 3), (128, 128, 1), num_classes=13, stem_aligned=True)
COLOURED = Task(IMAGE, IMAGE, num_classes=13, stem_aligned=True)


def abstract_states(system: System) -> dict:
    """Shapes of the state of every phase, without computing anything."""
    states, finished = {}, {}
    for phase in system.phases:
        states[phase.name] = jax.eval_shape(
            lambda finished, phase=phase: phase.init(jax.random.key(0), finished),
            finished,
        )
        finished[phase.name] = jax.eval_shape(phase.inference, states[phase.name])
    return states


def abstract_batch(system: System, phase):
    rows = functools.partial(jax.ShapeDtypeStruct, dtype=jnp.uint8)
    fields = {
        name: rows((4, *system.task.shape(modality_of(name))))
        for name in phase.needs.fields
    }
    told = {"label": jnp.int32} | ({"pitch": jnp.float32} if phase.needs.pitch else {})
    told = {name: jax.ShapeDtypeStruct((4,), dtype) for name, dtype in told.items()}
    return {**fields, **told}


def count(tree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


BOTH_WAYS = {"cmcgan", "retrieval", "retrieval_nearest"}
DEFAULTS = (("sa_cmgan", "s2i"), ("sa_cmgan", "i2s"))
# Each in one direction, in turn; the default in both, and with larger sizes.
CASES = [
    (name, "both" if name in BOTH_WAYS else ("s2i", "i2s")[i % 2])
    for i, name in enumerate(configs.NAMES)
]


@pytest.mark.parametrize(
    ("name", "direction", "task"),
    [
        *((*case, TASK) for case in sorted({*CASES, *DEFAULTS})),
        *((*case, LARGE) for case in DEFAULTS),
    ],
)
def test_every_configuration_steps_and_generates(name, direction, task, settings):
    system = assemble(settings(name, direction), task)
    states = abstract_states(system)
    for phase in system.phases:
        batch = abstract_batch(system, phase)
        after, metrics = jax.eval_shape(phase.step, states[phase.name], batch)
        assert jax.tree.structure(after) == jax.tree.structure(states[phase.name])
        assert all(scalar.shape == () for scalar in metrics.values())
    if phase.name == "gan":
        assert {"d_loss", "g_loss", "reconstruction"} <= set(metrics)
    shapes = system.inference_shapes(system.generating)
    named = {"s2i": (S2I,), "i2s": (I2S,), "both": (S2I, I2S)}
    assert system.directions == named[direction]
    for way in system.directions:
        generated = jax.eval_shape(
            lambda finished, sources, noise, way=way: system.generate(
                finished, sources, noise, way
            ),
            shapes,
            jax.ShapeDtypeStruct((2, *system.task.shape(way.source)), jnp.uint8),
            jax.eval_shape(
                lambda: system.draw_noise(jax.random.split(jax.random.key(0), 2))
            ),
        )
        assert generated.shape == (2, *system.task.shape(way.target))


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_parameter_counts_of_the_original(direction, settings):
    system = assemble(settings("sa_cmgan_original", direction), COLOURED)
    states = abstract_states(system)
    state, classified = states["gan"], states["recognisers"]
    counts = [
        count(state.encoder.params),
        count(classified.network.params["sound"]["classifier"]),
        count(state.generator.params),
        count(state.discriminator.params),
    ]
    assert counts == [12_420_065, 1_677, 4_944_033, 13_329_826]
    assert state.averaged is None and state.encoder.opt_state is None
    assert state.posterior is None and state.target_recogniser is None


def test_the_original_does_what_the_authors_did(settings):
    parts = parts_of(settings("sa_cmgan_original", "s2i"), TASK)
    assert parts.conditioning == gan_parts.Conditioning(
        trained=(), batch_statistics=True
    )
    assert (parts.discriminator_every, parts.reconstruction_weight) == (2, 0.0)
    assert parts.discriminator.norm and not parts.average_decay


def test_the_recognisers_serve_both_directions(settings):
    """Phase by phase the same shapes and batches, so one run may take the other's."""
    phases = [
        assemble(settings("sa_cmgan", way), TASK).phase("recognisers")
        for way in ("s2i", "i2s")
    ]
    one, other = (
        jax.eval_shape(lambda phase=phase: phase.init(jax.random.key(0), {}))
        for phase in phases
    )
    assert jax.tree.map(jnp.shape, one) == jax.tree.map(jnp.shape, other)
    assert phases[0].needs == phases[1].needs and phases[0].seed == phases[1].seed
    assert phases[0].either_way and phases[1].either_way


def test_what_is_not_asked_for_is_not_kept(settings):
    config = settings("sa_cmgan", "s2i")
    kept = abstract_states(assemble(config, TASK))["gan"]
    assert kept.posterior and kept.target_recogniser and kept.source_pair
    config.gan.classification_weight = config.gan.pair_weight = 0.0
    config.gan.posterior_weight = 0.0
    system = assemble(config, TASK)
    bare = abstract_states(system)["gan"]
    assert (bare.posterior, bare.target_recogniser, bare.source_pair) == (None,) * 3
    assert not system.labels_used
    assert assemble(settings("sa_cmgan", "s2i"), TASK).labels_used
    with pytest.raises(ValueError, match="no phase 'autoencoder'; it has recognisers"):
        system.phase("autoencoder")


def test_no_weight_of_mismatched_pairs_reads_none(settings):
    config = settings("sa_cmgan", "i2s")
    needs = assemble(config, TASK).phase("gan").needs
    assert needs.fields == ("image", "sound", "mismatched_sound")
    config.gan.mismatched_weight = 0.0
    system = assemble(config, TASK)
    phase = system.phase("gan")
    assert phase.needs.fields == ("image", "sound")
    state = abstract_states(system)["gan"]
    _, metrics = jax.eval_shape(phase.step, state, abstract_batch(system, phase))
    assert "mismatched_logit" not in metrics and "fake_logit" in metrics


def test_directions_differ_in_their_data_alone(settings):
    """Sound to image on swapped data is image to sound, number for number."""
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    one, other = (
        make_items(
            rng.integers(0, 256, (12, 4, 4, 3), dtype=np.uint8),
            label=labels,
            stem=[str(i) for i in range(12)],
        )
        for _ in range(2)
    )
    parts = {
        way: parts_of(settings("sa_cmgan_original", way.name), COLOURED)
        for way in (S2I, I2S)
    }
    settings = {"pairing": "stem", "batch_size": 5, "seed": 3}
    there = training_batches(Split(one, other), needs=parts[S2I].needs, **settings)
    back = training_batches(Split(other, one), needs=parts[I2S].needs, **settings)
    for _, first, second in zip(range(4), there, back, strict=False):
        for mine, its in (
            ("sound", "image"),
            ("image", "sound"),
            ("mismatched_image", "mismatched_sound"),
        ):
            np.testing.assert_array_equal(first[mine], second[its])
        np.testing.assert_array_equal(first["label"], second["label"])
    for network in ("encoder", "generator", "discriminator", "conditioning"):
        assert getattr(parts[S2I], network) == getattr(parts[I2S], network)


def test_bfloat16_keeps_weights_and_metrics_in_float32(settings):
    config = settings("quickstart", "s2i")
    config.compute_dtype = "bfloat16"
    system = assemble(config, TASK)
    state = abstract_states(system)["gan"]
    phase = system.phase("gan")
    after, metrics = jax.eval_shape(phase.step, state, abstract_batch(system, phase))
    floats = [
        leaf.dtype
        for leaf in jax.tree.leaves((after.generator, after.discriminator, metrics))
        if jnp.issubdtype(leaf.dtype, jnp.floating)
    ]
    assert set(floats) == {jnp.dtype(jnp.float32)}
