"""Retrieval: training targets of the class that the source is taken for."""

import dataclasses
import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.signals.representation import to_uint8, to_unit
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.pretraining import recogniser
from cmgan_jax.systems.pretraining_phase import of_modality
from cmgan_jax.systems.registry import assemble

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=3, stem_aligned=True)
FIELDS = {
    "model.width": 4,
    "model.hidden_size": 16,
    "model.attention_stage": -1,
    "classifier.batch_size": 8,
    "gallery.size": 20,
}
SHAPES = {"image": TASK.image_shape, "sound": TASK.sound_shape}


def random_batch(seed: int) -> dict:
    draw = np.random.default_rng(seed)
    brightest = np.linspace(20, 255, 8)[:, None, None, None]
    fields = {
        name: (brightest * draw.random((8, *shape))).astype(np.uint8)
        for name, shape in SHAPES.items()
    }
    return fields | {"label": draw.integers(0, 3, 8).astype(np.int32)}


@pytest.fixture(scope="module")
def filled(settings):
    """The gallery after its last step, of recognisers that have learnt nothing."""
    config = settings("retrieval_nearest", "both", FIELDS)
    system = assemble(config, TASK)
    first, gallery = system.phases
    variables = jax.jit(lambda: first.inference(first.init(jax.random.key(0), {})))()
    # Centred logits, so that sources are taken for several classes.
    for modality in SHAPES:
        dense = variables["params"][modality]["classifier"]["dense"]
        x = jnp.asarray(to_unit(random_batch(9)[modality]))
        logits = system.recognitions[modality].logits(variables, x)
        dense["bias"] = dense["bias"] - logits.mean(0)
    finished = {"recognisers": variables}
    state, step = gallery.init(jax.random.key(0), finished), jax.jit(gallery.step)
    for seed in range(gallery.steps):
        state, metrics = step(state, random_batch(seed))
    finished["gallery"] = gallery.inference(state)
    chance = assemble(settings("retrieval", "both", FIELDS), TASK)
    return SimpleNamespace(
        system=system, chance=chance, finished=finished, metrics=metrics,
        state=state, module=recogniser(config, TASK), steps=gallery.steps,
    )  # fmt: skip


@functools.partial(jax.jit, static_argnums=(0, 4))
def compiled(system_generate, finished, source, noise, way):
    return to_uint8(system_generate(finished, source, noise, way))


def generate(system, finished, source, keys, way):
    return compiled(system.generate, finished, source, system.draw_noise(keys), way)


def rows_of(filled, made, target) -> list[int]:
    """Which item of the gallery each is; exactly one."""
    items = np.asarray(filled.finished["gallery"]["items"][target])
    same = (items[None] == np.asarray(made)[:, None]).all((2, 3, 4))
    assert (same.sum(1) == 1).all()
    return list(same.argmax(1))


def seen_class(filled, source, way):
    logits = filled.system.recognitions[way.source].logits
    x = jnp.asarray(to_unit(source))
    return np.asarray(logits(filled.finished["recognisers"], x)).argmax(-1)


def test_the_gallery_keeps_the_batches_with_their_labels(filled):
    assert filled.steps == 3  # 20 items are three batches of 8
    gallery = filled.finished["gallery"]
    assert set(gallery) == {"items", "label", "places"}
    for name in (*SHAPES, "label"):
        kept = gallery["label"] if name == "label" else gallery["items"][name]
        fed = np.concatenate([random_batch(seed)[name] for seed in range(3)])
        np.testing.assert_array_equal(kept, fed)
    for modality in SHAPES:
        last = random_batch(2)
        x = jnp.asarray(to_unit(last[modality]))
        way = S2I if modality == "sound" else I2S
        right = seen_class(filled, last[modality], way) == last["label"]
        assert float(filled.metrics[f"{modality}_accuracy"]) == pytest.approx(
            right.mean()
        )
        variables = of_modality(filled.finished["recognisers"], modality)
        _, place = filled.module.apply(variables, x, train=False, method="recognise")
        np.testing.assert_allclose(gallery["places"][modality][16:], place, atol=1e-4)


@pytest.mark.parametrize("way", [S2I, I2S])
def test_what_is_returned_is_of_the_class_that_is_seen(filled, way):
    source = random_batch(9)[way.source]
    keys = jax.random.split(jax.random.key(0), 8)
    labels = np.asarray(filled.finished["gallery"]["label"])
    assert filled.chance.noise_size == len(labels) and filled.system.noise_size == 0
    seen = seen_class(filled, source, way)
    assert len({*seen}) > 1
    drawn = []
    for several in (keys, keys, jax.random.split(jax.random.key(1), 8)):
        made = generate(filled.chance, filled.finished, source, several, way)
        rows = rows_of(filled, made, way.target)
        np.testing.assert_array_equal(labels[rows], seen)
        drawn.append(rows)
    assert drawn[0] == drawn[1] != drawn[2]

    made = generate(filled.system, filled.finished, source, keys, way)
    rows = rows_of(filled, made, way.target)
    variables = of_modality(filled.finished["recognisers"], way.source)
    x = jnp.asarray(to_unit(source))
    _, place = filled.module.apply(variables, x, train=False, method="recognise")
    cosines = np.asarray(place @ filled.finished["gallery"]["places"][way.source].T)
    of_class = labels[None] == seen[:, None]
    np.testing.assert_array_equal(rows, np.where(of_class, cosines, -2.0).argmax(1))


def test_chance_needs_no_pairs_and_nearness_does(settings):
    fields = {**FIELDS, "classifier.pair_weight": 0.0, "gan.pair_weight": 0.0}
    system = assemble(settings("retrieval", "both", fields), TASK)
    assert system.inference_shapes(("gallery",))["gallery"]["places"] is None
    with pytest.raises(ValueError, match="choice='nearest' asks recognisers that were"):
        assemble(settings("retrieval_nearest", "both", fields), TASK)
    with pytest.raises(ValueError, match=r"gallery\.choice='best' is unknown; known"):
        assemble(settings("retrieval", "both", {"gallery.choice": "best"}), TASK)
    with pytest.raises(ValueError, match=r"gallery\.size=0: expected a whole number"):
        assemble(settings("retrieval", "both", {"gallery.size": 0}), TASK)
    with pytest.raises(ValueError, match="one run of 'retrieval' makes both"):
        assemble(settings("retrieval", "i2s"), TASK)


def test_class_aligned_data_need_recognisers_without_pairs_and_no_more(settings):
    """The mistake: weights of a generator that it does not have are asked for."""
    apart = dataclasses.replace(TASK, stem_aligned=False)
    with pytest.raises(ValueError, match=r"give --config.classifier.pair_weight=0\.$"):
        assemble(settings("retrieval", "both"), apart)
    config = settings("retrieval", "both", {"classifier.pair_weight": 0.0})
    assert assemble(config, apart).phases
