"""What generates is told the note: the data's in training, then the one it reads.

With a note loss, what it makes is read as well.
"""

import dataclasses
import functools

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.note_reader import LOWEST_NOTE
from cmgan_jax.signals.direction import S2I
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import gan_phase
from cmgan_jax.systems.gan_critic import NOISE, criticise
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.note_phase import MOVES, note_loss, note_phase, read_notes
from cmgan_jax.systems.registry import assemble
from cmgan_jax.systems.sa_cmgan import gan_parts
from cmgan_jax.training import augmentation, rng
from cmgan_jax.training.state import apply_evaluation

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=2, stem_aligned=True, pitched=True)
FIELDS = {
    "model.width": 4,
    "model.hidden_size": 16,
    "model.attention_stage": -1,
    "classifier.batch_size": 8,
    "gan.batch_size": 8,
    "note_reader.edges": 50,
    "note_reader.sources": 40,
    "note_reader.axes": 8,
    "note_reader.few": 1000,
    "note_reader.targets": 20,
}
FACTOR = jnp.tril(jnp.ones((62, 62))) / 8 + jnp.eye(62)
SIZES = {"items": 40, "edges": 50, "axes": 8, "few": 40, "batch_size": 16, "seed": 0}


def sounds(seed: int) -> dict:
    """A batch of lines at the note's height; in class 1 the height falls with it."""
    draw = np.random.default_rng(seed)
    note, label = draw.integers(0, 5, 16), draw.integers(0, 2, 16)
    sound = draw.integers(0, 40, (16, 16, 16, 1)).astype(np.uint8)
    for item, height in zip(sound, np.where(label, 4 - note, note), strict=True):
        item[2 + 2 * height] = 250
    pitch = np.where(np.arange(16) == 3, np.nan, 60.0 + note).astype(np.float32)
    return {"sound": sound, "label": label.astype(np.int32), "pitch": pitch}


def learnt(phase):
    """The phase's readers, after all its steps, and the last step's metrics."""
    state, step = phase.init(jax.random.key(0), {}), jax.jit(phase.step)
    for seed in range(phase.steps):
        state, metrics = step(state, sounds(seed))
    return jax.jit(phase.inference)(state), metrics


def test_notes_are_read_as_each_class_shows_them():
    """The mistakes: one reader for all; items of other classes or of no note used."""
    phase = note_phase("ears", "sound", task=TASK, **SIZES)
    assert phase.name == "ears"
    assert phase.steps == 6  # a fifth more than 80 items are needed
    readers, metrics = learnt(phase)
    assert float(metrics["known"]) == pytest.approx(15 / 16)
    asked = sounds(100)
    known = ~np.isnan(asked["pitch"])
    for label, expected in ((asked["label"], True), (1 - asked["label"], False)):
        read = jax.jit(read_notes)(readers, asked["sound"], label)
        right = np.mean(np.asarray(read)[known] == asked["pitch"][known])
        assert right > 0.9 if expected else right < 0.5


def test_the_note_loss_is_least_where_the_right_notes_are_shown():
    """The mistakes: one reader for all; an unknown note that counts; no slope."""
    readers, _ = learnt(note_phase("ears", "sound", task=TASK, **SIZES))
    asked = sounds(100)
    label, pitch = asked["label"], asked["pitch"]
    x = to_unit(jnp.asarray(asked["sound"]))
    value = jax.jit(jax.value_and_grad(note_loss, argnums=1))
    loss, slope = value(readers, x, label, pitch)
    for wrong in ((1 - label, pitch), (label, 124.0 - pitch)):
        assert value(readers, x, *wrong)[0] > 2 * loss
    assert np.isfinite(slope).all()
    changed = np.abs(np.asarray(slope)).max((1, 2, 3))
    assert changed[3] == 0 and (np.delete(changed, 3) > 0).all()
    # A mean over the items whose notes are known.
    known = np.flatnonzero(~np.isnan(pitch))
    again = value(readers, x[known], label[known], pitch[known])[0]
    assert float(again) == pytest.approx(float(loss), rel=1e-4)
    # Nothing is to be seen there, so that nothing has edges.
    flat = value(readers, jnp.zeros_like(x), label, pitch)[1]
    assert np.isfinite(flat).all()


@pytest.mark.parametrize(("modality", "times"), [("image", 5), ("sound", 3)])
def test_sources_are_known_moved_a_little(modality, times):
    """The mistakes: as they are alone; a sound moved to another height."""
    sizes = SIZES | {"items": 4, "few": 1000}
    phase = note_phase("senses", modality, task=TASK, **sizes)
    readers = jax.eval_shape(lambda: phase.inference(phase.init(jax.random.key(0), {})))
    assert readers["items"].shape == (2, 4 * times, 8)
    downward = any(down for _, down in MOVES[modality])
    assert downward == (modality == "image")


def test_notes_of_any_number_of_items_are_read_by_one_program():
    """As in an exported program, whose batch has no size yet."""
    phase = note_phase("ears", "sound", task=TASK, **SIZES)
    readers = jax.eval_shape(lambda: phase.inference(phase.init(jax.random.key(0), {})))
    (b,) = jax.export.symbolic_shape("b")
    sound = jax.ShapeDtypeStruct((b, *TASK.sound_shape), jnp.uint8)
    label = jax.ShapeDtypeStruct((b,), jnp.int32)
    exported = jax.export.export(jax.jit(read_notes))(readers, sound, label)
    (read,) = exported.out_avals
    assert (read.shape, read.dtype) == ((b,), jnp.float32)


@pytest.fixture(scope="module")
def system(settings):
    return assemble(settings("note_reading", "s2i", FIELDS), TASK)


@pytest.fixture(scope="module")
def parts(settings):
    return gan_parts(settings("note_reading", "s2i", FIELDS), TASK)


@pytest.fixture(scope="module")
def state(system):
    finished = {}
    for phase in system.phases[:-1]:
        state = jax.jit(phase.init)(jax.random.key(0), finished)
        finished[phase.name] = phase.inference(state)
    return jax.jit(system.phases[-1].init)(jax.random.key(0), finished), finished


def test_the_step_is_told_the_notes_of_the_data(parts, state):
    """An unknown note is no note: its row is as if nothing were said."""
    state, _ = state
    draw = np.random.default_rng(0)
    shapes = {"sound": (16, 16, 1), "image": (16, 16, 3), "mismatched_image": (16,) * 2}
    shapes["mismatched_image"] += (3,)
    batch = {
        name: draw.integers(0, 256, (8, *shape)).astype(np.uint8)
        for name, shape in shapes.items()
    } | {"label": np.zeros(8, np.int32)}
    step = jax.jit(gan_phase.make_step(parts))
    losses = [
        float(
            step(state, batch | {"pitch": np.full(8, pitch, np.float32)})[1]["g_loss"]
        )
        for pitch in (60, 61, np.nan, -1000)
    ]
    assert np.isfinite(losses).all()
    assert len({losses[0], losses[1], losses[2]}) == 3 and losses[2] == losses[3]
    plain = dataclasses.replace(parts, notes=False)
    assert parts.needs.pitch and not plain.needs.pitch
    assert parts.condition_size == plain.condition_size + 88


def test_what_is_generated_follows_the_note_that_is_read(system, parts, state):
    state, finished = state
    variables = system.phases[-1].inference(state)
    source = jnp.zeros((2, 16, 16, 1), jnp.uint8)
    noise = jax.random.normal(jax.random.key(1), (2, system.noise_size))

    def reading(note):
        """Readers that find this note in everything."""
        blind = jax.tree.map(jnp.zeros_like, finished["note_readers"])
        mean = blind["mean"].at[:, note - LOWEST_NOTE].set(1.0)
        return {**blind, "width": blind["width"] + 1, "mean": mean}

    def made(note):
        told = {**finished, "note_readers": reading(note), "gan": variables}
        return np.asarray(system.generate(told, source, noise, S2I))

    _, code = apply_evaluation(parts.encoder, variables["encoder"], to_unit(source))
    for note in (60, 72):
        condition = parts.condition(code, jnp.full(2, float(note)))
        expected = apply_evaluation(
            parts.generator, variables["generator"], condition, noise
        )
        np.testing.assert_allclose(made(note), expected, atol=1e-5)
    assert not np.allclose(made(60), made(72), atol=1e-3)
    # With a prior noise is none yet: this one's z is that noise.
    variables = {**variables, "prior": {"mean": 3.0 * noise[0], "factor": FACTOR}}
    noise = (noise - 3.0 * noise[:1]) @ jnp.linalg.inv(FACTOR).T
    np.testing.assert_allclose(made(72), expected, atol=1e-4)


def test_what_is_generated_is_asked_for_its_note(settings):
    """The mistakes: readers of sources; another sign, class or note; no weight."""
    config = settings("note_reading", "s2i", FIELDS | {"gan.note_weight": 1.0})
    system, parts = assemble(config, TASK), gan_parts(config, TASK)
    assert [(phase.name, phase.needs.anchor) for phase in system.phases[1:3]] == [
        ("note_readers", "sound"),
        ("target_readers", "image"),
    ]
    assert "target_readers" not in system.generating
    finished = {}
    for phase in system.phases[:-1]:
        state = jax.jit(phase.init)(jax.random.key(0), finished)
        finished[phase.name] = phase.inference(state)
    # Readers that ask for something see all that they can.
    shapes = [finished[name]["items"].shape for name in list(finished)[1:]]
    assert shapes == [(2, 3 * 40, 8), (2, 20, 50)]
    state = jax.jit(system.phases[-1].init)(jax.random.key(0), finished)
    state = state.replace(target_readers=uneven(state.target_readers))
    draw = np.random.default_rng(0)
    fake = draw.uniform(-1, 1, (8, 16, 16, 3)).astype(np.float32)
    batch = {
        "image": jnp.asarray(draw.integers(0, 256, (8, 16, 16, 3)), jnp.uint8),
        "label": jnp.arange(8) % 2,
        "pitch": jnp.where(jnp.arange(8) == 5, jnp.nan, 60.0),
    }
    condition = np.zeros((8, parts.condition_size), np.float32)

    def pulled(weight):
        weighed = dataclasses.replace(parts, note_weight=weight)
        criticised = jax.jit(functools.partial(criticise, weighed))
        gradient, _, metrics = criticised(state, batch=batch, judged=(fake, condition))
        return np.asarray(gradient), metrics

    (none, silent), (once, metrics), (twice, _) = map(pulled, (0.0, 1.0, 2.0))
    assert "note" in metrics and "note" not in silent
    np.testing.assert_allclose(twice - none, 2 * (once - none), atol=1e-5)

    def asked(x):
        key = rng.stream(state.rng, "noted", state.step)
        varied = augmentation.noise(x, key, level=NOISE)
        return note_loss(state.target_readers, varied, batch["label"], batch["pitch"])

    np.testing.assert_allclose(once - none, jax.jit(jax.grad(asked))(fake), atol=1e-5)
    moved = np.abs(once - none).max((1, 2, 3))
    assert moved[5] < 1e-6 < np.delete(moved, 5).min()


def uneven(readers):
    """Readers as if they had learnt: whatever items are near to votes for a note."""
    draw = np.random.default_rng(1)
    drawn = {
        name: jnp.asarray(draw.normal(size=readers[name].shape), jnp.float32)
        for name in ("items", "solved")
    }
    return {
        **readers,
        **drawn,
        "weight": jnp.ones_like(readers["weight"]),
        "width": jnp.full_like(readers["width"], 100.0),
    }
