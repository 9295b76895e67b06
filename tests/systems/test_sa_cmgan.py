"""Configurations become systems, in both directions, or are refused by field."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.reader import training_batches
from cmgan_jax.runs import phases
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.systems import gan_parts
from cmgan_jax.systems import gan_phase as gan
from cmgan_jax.systems.sa_cmgan import Task, assemble

SOUND, IMAGE, COLOURED = (64, 64, 1), (64, 64, 3), (64, 64, 3)
CONFIGS = ("sa_cmgan", "sa_cmgan_original", "quickstart")


def task(direction: str, *, sound=SOUND, stem_aligned: bool = True) -> Task:
    shapes = (sound, IMAGE) if direction == "s2i" else (IMAGE, sound)
    return Task(*shapes, num_classes=13, stem_aligned=stem_aligned)


def abstract_states(system):
    """Shapes of the states of both phases, without computing anything."""

    def initialise():
        root = jax.random.key(0)
        first = classifier.init_state(
            system.source_recogniser,
            system.classifier_optimizer,
            root=root,
            shape=system.task.source_shape,
        )
        second = gan.init_state(
            system.gan,
            root=root,
            encoder_variables=phases.encoder_of(first.inference),
            target_shape=system.task.target_shape,
            target_recogniser=system.target_recogniser.init(
                root, jnp.zeros((1, *system.task.target_shape)), train=False
            ),
        )
        return first, second

    return jax.eval_shape(initialise)


def abstract_batch(of: Task, size: int):
    rows = functools.partial(jax.ShapeDtypeStruct, dtype=jnp.uint8)
    return {
        "source": rows((size, *of.source_shape)),
        "target": rows((size, *of.target_shape)),
        "mismatched": rows((size, *of.target_shape)),
        "label": jax.ShapeDtypeStruct((size,), jnp.int32),
    }


def count(tree) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(tree))


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
@pytest.mark.parametrize("name", CONFIGS)
def test_every_configuration_assembles_and_steps(name, direction, config_file):
    system = assemble(config_file(name, direction), task(direction))
    first, second = abstract_states(system)
    batch = abstract_batch(system.task, 4)
    recognise = classifier.make_step(
        system.source_recogniser,
        system.classifier_optimizer,
        modality="source",
        shift=2,
        noise=0.1,
    )
    after, metrics = jax.eval_shape(recognise, first, batch)
    assert jax.tree.structure(after) == jax.tree.structure(first)
    assert set(metrics) == {"classifier_loss", "classifier_accuracy"}
    after, metrics = jax.eval_shape(gan.make_step(system.gan), second, batch)
    assert jax.tree.structure(after) == jax.tree.structure(second)
    assert {"d_loss", "g_loss", "reconstruction"} <= set(metrics)


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_parameter_counts_of_the_original(direction, config_file):
    config = config_file("sa_cmgan_original", direction)
    system = assemble(config, task(direction, sound=COLOURED))
    first, second = abstract_states(system)
    counts = [
        count(second.encoder.params),
        count(first.network.params["classifier"]),
        count(second.generator.params),
        count(second.discriminator.params),
    ]
    assert counts == [12_420_065, 1_677, 4_944_033, 13_329_826]
    assert second.averaged is None and second.encoder.opt_state is None


def test_the_original_does_what_the_authors_did(config_file):
    parts = assemble(config_file("sa_cmgan_original", "s2i"), task("s2i")).gan
    assert parts.conditioning == gan_parts.Conditioning(
        trained=(), batch_statistics=True
    )
    assert (parts.discriminator_every, parts.reconstruction_weight) == (2, 0.0)
    assert parts.discriminator.norm and not parts.average_decay


def test_directions_differ_in_their_data_alone(config_file):
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
    settings = {"pairing": "stem", "batch_size": 5, "seed": 3}
    there = training_batches(Split(one, other), direction="s2i", **settings)
    back = training_batches(Split(other, one), direction="i2s", **settings)
    for _, first, second in zip(range(4), there, back, strict=False):
        for name in first:
            np.testing.assert_array_equal(first[name], second[name])
    for name in CONFIGS:
        configs = [config_file(name, direction) for direction in ("s2i", "i2s")]
        first, second = (assemble(c, task("s2i", sound=COLOURED)) for c in configs)
        for network in ("encoder", "generator", "discriminator", "conditioning"):
            assert getattr(first.gan, network) == getattr(second.gan, network)
        assert first.source_recogniser == second.source_recogniser


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("compute_dtype", "float16", "compute_dtype='float16' is unknown; known: .*bf"),
        ("gan.loss", "hing", "gan.loss='hing' is unknown; known: .*hinge"),
        ("gan.conditioning", "none", "gan.conditioning='none' is unknown; known: .*un"),
        ("gan.average_decay", 1.0, "gan.average_decay=1.0: expected a value in"),
        ("gan.discriminator_every", 0, "gan.discriminator_every=0: expected 1 or more"),
        ("gan.batch_size", 0, "gan.batch_size=0"),
        ("model.width", 0, "model.width=0"),
        ("model.attention_form", "dot", "model.attention_form='dot' is unknown; known"),
        ("model.late_stages", "relu", "model.late_stages='relu' is unknown; known"),
        ("model.attention_stage", 9, "model.attention_stage=9: expected 0 to 4, or -1"),
        ("run.checkpoint_every", 0, "run.checkpoint_every=0"),
        ("classifier.shift", -1, "classifier.shift=-1: expected 0 or more"),
    ],
)
def test_bad_fields_are_named_before_anything_heavy(field, value, message, config_file):
    config = config_file("sa_cmgan", "s2i")
    config.update_from_flattened_dict({field: value})
    message = message.replace("bf", "bfloat16").replace(".*un", ".*untrained")
    with pytest.raises(ValueError, match=message):
        assemble(config, task("s2i"))


def test_one_class_has_no_mismatched_pairs(config_file):
    config = config_file("sa_cmgan", "s2i")
    alone = Task(SOUND, IMAGE, num_classes=1, stem_aligned=True)
    with pytest.raises(ValueError, match="data set has one class"):
        assemble(config, alone)
    config.gan.mismatched_weight = 0.0
    assert assemble(config, alone).gan.mismatched_weight == 0.0


def test_class_aligned_data_has_no_reconstruction(config_file):
    config = config_file("sa_cmgan", "s2i")
    assert assemble(config, task("s2i")).gan.reconstruction_weight > 0.0
    apart = task("s2i", stem_aligned=False)
    assert assemble(config, apart).gan.reconstruction_weight == 0.0


def test_bfloat16_keeps_weights_and_metrics_in_float32(config_file):
    config = config_file("quickstart", "s2i")
    config.compute_dtype = "bfloat16"
    system = assemble(config, task("s2i"))
    _, state = abstract_states(system)
    after, metrics = jax.eval_shape(
        gan.make_step(system.gan), state, abstract_batch(system.task, 4)
    )
    floats = [
        leaf.dtype
        for leaf in jax.tree.leaves((after.generator, after.discriminator, metrics))
        if jnp.issubdtype(leaf.dtype, jnp.floating)
    ]
    assert set(floats) == {jnp.dtype(jnp.float32)}
