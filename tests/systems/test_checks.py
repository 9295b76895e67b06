"""Configurations that no system can be trained with, refused by field."""

import dataclasses
from types import SimpleNamespace

import pytest

from cmgan_jax.signals.direction import I2S, S2I, Direction
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.registry import assemble

TASK = Task((64, 64, 3), (64, 64, 1), num_classes=13, stem_aligned=True)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("system", "sa_cmgam", "system='sa_cmgam' is unknown; known: .*'sa_cmgan'"),
        ("direction", "s2s", "direction='s2s' is unknown; known: .*'s2i', 'i2s'"),
        ("compute_dtype", "float16", "compute_dtype='float16' is unknown; .*bfloat16"),
        ("gan.loss", "hing", "gan.loss='hing' is unknown; known: .*hinge"),
        ("gan.conditioning", "none", "conditioning='none' is unknown; known: .*untrai"),
        ("gan.average_decay", 1.0, "gan.average_decay=1.0: expected a value in"),
        ("gan.beta1", -0.1, "gan.beta1=-0.1: expected a value in"),
        ("gan.generator_learning_rate", 0.0, "_rate=0.0: expected a positive rate"),
        ("gan.discriminator_every", 0, "every=0: expected a whole number, 1 or"),
        (
            "gan.mismatched_weight",
            -0.5,
            "mismatched_weight=-0.5: expected a number, 0 or",
        ),
        ("gan.batch_size", 0, "gan.batch_size=0"),
        ("model.width", 0, "model.width=0"),
        ("model.attention_form", "dot", "model.attention_form='dot' is unknown; known"),
        ("model.spectral_norm", "generator", "spectral_norm='generator' is unknown; "),
        (
            "model.discriminator_head",
            "conv",
            "head='conv' is unknown; known: .*dense",
        ),
        ("classifier.objective", "none", "objective='none' is unknown; known: .*recon"),
        ("classifier.objective", "reconstruction", "trains no recognisers, .*weight=0"),
        ("model.late_stages", "relu", "model.late_stages='relu' is unknown; known"),
        ("model.attention_stage", 9, "model.attention_stage=9: expected 0 to 4, or -1"),
        ("run.checkpoint_every", 0, "run.checkpoint_every=0"),
        ("run.steps_per_call", 7, "log_every=50 is no multiple of .*steps_per_call=7"),
        ("run.reader", "torch", "run.reader='torch' is unknown; known: .*'numpy'"),
        ("variation.image.shift", -1, "image.shift=-1: expected a whole number, 0 or"),
        ("variation.sound.tint", -0.1, "sound.tint=-0.1: expected a number, 0 or more"),
        ("gan.average_decay", 0.0, "posterior_weight=0.005 needs averages"),
        ("gan.posterior_weight", -1.0, "posterior_weight=-1.0: expected a number, 0"),
        ("classifier.decay_from", 1.5, "decay_from=1.5: expected a share of the steps"),
        ("gan.beta2", float("nan"), "gan.beta2=nan: expected a value in"),
        ("gan.beta1", 2.0, r"gan.beta1=2\.0: expected a value in"),
        ("gan.generator_learning_rate", float("inf"), "_rate=inf: expected a positive"),
        ("classifier.learning_rate", -1e-4, "_rate=-0.0001: expected a positive rate"),
        ("classifier.learning_rate", 1e30, r"_rate=1e\+30: .* rate, 1 at most"),
        ("gan.pair_weight", float("nan"), "gan.pair_weight=nan: expected a number, 0"),
        ("gan.fake_weight", float("inf"), "gan.fake_weight=inf: expected a number, 0"),
        ("model.attention_stage", -2, "attention_stage=-2: expected 0 to 4, or -1"),
        ("seed", -1, "config.seed=-1: expected a whole number, 0 or more"),
        ("seed", 2**32, "config.seed=4294967296: expected 4294967295 at most"),
    ],
)
def test_bad_fields_are_named_before_anything_heavy(field, value, message, settings):
    config = settings("sa_cmgan", "s2i", {field: value})
    with pytest.raises(ValueError, match=message):
        assemble(config, TASK)


@pytest.mark.parametrize("value", ["8", 6.5, None, True, float("nan")])
def test_sizes_are_whole_numbers_wherever_they_were_edited(value, settings):
    config = settings("sa_cmgan", "s2i", {})
    config.model.z_size = value
    with pytest.raises(ValueError, match=r"z_size=.*: expected a whole number, 1 or m"):
        assemble(config, TASK)


@pytest.mark.parametrize("value", [[], SimpleNamespace()])
def test_what_is_no_name_is_no_traceback(value, settings):
    config = settings("sa_cmgan", "s2i", {})
    config.gan.loss = value
    with pytest.raises(ValueError, match=r"config\.gan\.loss=.* is unknown; known:"):
        assemble(config, TASK)


def test_a_missing_field_is_named():
    with pytest.raises(ValueError, match="lacks the field 'system'"):
        assemble(SimpleNamespace(), TASK)


def test_one_class_has_no_mismatched_pairs(settings):
    config = settings("sa_cmgan", "s2i")
    alone = dataclasses.replace(TASK, num_classes=1)
    with pytest.raises(ValueError, match=r"mismatched_weight=0.5 .* has one class"):
        assemble(config, alone)
    config.gan.mismatched_weight = 0.0
    assert assemble(config, alone).phase("gan").needs.fields == ("sound", "image")


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_reconstruction_of_class_aligned_data_is_refused(direction, settings):
    """Not set to zero: a run does what its config.json says.

    With a posterior it has its meaning: z says which target it was.
    """
    config = settings("sa_cmgan", direction)
    apart = dataclasses.replace(TASK, stem_aligned=False)
    assert config.gan.reconstruction_weight > 0.0
    with pytest.raises(ValueError, match=r"class-aligned.*pair_weight=0 --config"):
        assemble(config, apart)
    config.classifier.pair_weight = config.gan.pair_weight = 0.0
    assert assemble(config, apart).phases
    config.gan.posterior_weight = 0.0
    with pytest.raises(ValueError, match=r"class-aligned.*reconstruction_weight=0\."):
        assemble(config, apart)
    config.gan.reconstruction_weight = 0.0
    assert assemble(config, apart).phases


def test_a_prior_is_learnt_from_a_posterior(settings):
    config = settings("duet", "s2i", {"gan.posterior_weight": 0.0})
    with pytest.raises(ValueError, match=r"needs a posterior.*gan\.prior=standard"):
        assemble(config, dataclasses.replace(TASK, pitched=True))
    config = settings("cmcgan", "both", {"gan.prior": "learnt"})
    with pytest.raises(ValueError, match=r"prior='learnt' is unknown.*standard"):
        assemble(config, TASK)


def test_pairs_need_recognisers_that_know_them(settings):
    config = settings("sa_cmgan", "s2i", {"classifier.pair_weight": 0.0})
    with pytest.raises(ValueError, match=r"not trained on pairs.*pair_weight=1, or"):
        assemble(config, TASK)


def test_notes_need_data_that_say_them_and_recognisers(settings):
    config = settings("note_reading", "s2i")
    with pytest.raises(ValueError, match=r"say none.*note_reader\.sources=0"):
        assemble(config, TASK)
    pitched = dataclasses.replace(TASK, pitched=True)
    assert [phase.name for phase in assemble(config, pitched).phases] == [
        "recognisers", "note_readers", "gan",
    ]  # fmt: skip
    config.classifier.pair_weight = config.gan.pair_weight = 0.0
    apart = dataclasses.replace(pitched, stem_aligned=False)
    with pytest.raises(ValueError, match=r"class-aligned.*note_reader\.sources=0"):
        assemble(config, apart)
    config.gan.classification_weight = 0.0
    config.classifier.objective = "reconstruction"
    with pytest.raises(ValueError, match=r"no recognisers.*note_reader\.sources=0"):
        assemble(config, pitched)


def test_readers_that_are_asked_learn_from_something(settings):
    pitched = dataclasses.replace(TASK, pitched=True)
    config = settings("sa_cmgan", "s2i", {"gan.note_weight": 0.5})
    with pytest.raises(ValueError, match=r"learn from nothing.*sources=800, or"):
        assemble(config, pitched)
    config.note_reader.sources = 300
    assert [phase.name for phase in assemble(config, pitched).phases] == [
        "recognisers", "note_readers", "target_readers", "gan",
    ]  # fmt: skip


def test_directions_by_name():
    assert (Direction.named("s2i"), Direction.named("i2s")) == (S2I, I2S)
    assert (S2I.name, I2S.name, S2I.title) == ("s2i", "i2s", "sound to image")
    assert (S2I.source, S2I.target) == ("sound", "image")
    with pytest.raises(ValueError, match="'a2v' is unknown; known: s2i, i2s"):
        Direction.named("a2v")
    with pytest.raises(ValueError, match="expected the two of"):
        Direction("image", "image")
