"""Systems of other kinds than SA-CMGAN, through the same runs, files and models.

Nothing here is a good system: each is the smallest of its kind.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs.model import load
from cmgan_jax.runs.phases import run_phase
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import devices
from cmgan_jax.signals.direction import I2S, S2I
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import registry
from cmgan_jax.systems.interface import Phase, System
from cmgan_jax.training.batch import FIELDS, Needs
from cmgan_jax.training.loop import Intervals


class State(struct.PyTreeNode):
    """Arrays that a phase moves a little at every step."""

    step: jax.Array
    weights: jax.Array
    known: dict


def phase(name: str, *, needs: Needs, read=lambda finished: {}, steps: int = 4):
    """A phase that counts what it is fed, and keeps what it reads of earlier ones."""

    def init(root, finished):
        weights = jax.random.normal(root, (8,))
        return State(step=jnp.int32(0), weights=weights, known=read(finished))

    def step(state, batch):
        assert set(batch) == {*needs.fields, "label"}
        means = {field: to_unit(batch[field]).mean() for field in needs.fields}
        weights = state.weights + sum(means.values())
        return state.replace(step=state.step + 1, weights=weights), means

    return Phase(
        name=name,
        steps=steps,
        batch_size=8,
        needs=needs,
        seed=len(name),
        order_seed=1,
        init=init,
        step=step,
        inference=lambda state: {"weights": state.weights, "known": state.known},
    )


SOUND = Needs(anchor="sound", fields=("sound",))


@pytest.fixture
def known_as(monkeypatch, small_config):
    """(name, assemble) -> the configuration of a system that only a test knows."""

    def add(name, assemble):
        monkeypatch.setattr(registry, "SYSTEMS", {**registry.SYSTEMS, name: assemble})
        return small_config | {"system": name, "name": name}

    return add


def test_finished_phases_stay_readable(small_data, tmp_path):
    """An update gives its state away, and with it what the state was made of."""
    phases = (
        phase("first", needs=SOUND),
        phase("second", needs=SOUND, read=lambda finished: finished["first"]),
        phase("third", needs=SOUND, read=lambda finished: dict(finished)),
    )
    mesh, finished = devices.data_mesh(), {}
    split = small_data.split("train")
    for each in phases:
        finished[each.name] = run_phase(
            each,
            finished=finished,
            workdir=tmp_path,
            feeds=open_feeds("numpy", split, pairing="stem", mesh=mesh),
            intervals=Intervals(log_every=2, sample_every=4, checkpoint_every=2),
            keep=1,
            mesh=mesh,
        )
    values = jax.device_get(finished)  # raises where an array was given away
    first, second, third = (values[each.name] for each in phases)
    np.testing.assert_array_equal(second["known"]["weights"], first["weights"])
    known = third["known"]
    np.testing.assert_array_equal(known["second"]["weights"], second["weights"])
    np.testing.assert_array_equal(known["first"]["weights"], first["weights"])
    lines = {(x["phase"], x["step"]) for x in MetricsWriter.read(tmp_path)}
    assert lines == {(each.name, step) for each in phases for step in (2, 4)}


def nearest(stored):
    """A system without training: the stored picture of the most similar sound."""

    def assemble(config, task):
        sounds = jnp.asarray(to_unit(np.asarray(stored.sound.array)))
        images = jnp.asarray(np.asarray(stored.image.array))

        def generate(finished, source, noise, direction):
            assert noise.shape[1] == 0
            assert not finished and direction == S2I
            x = to_unit(source)
            distances = jnp.abs(x[:, None] - sounds[None]).sum((2, 3, 4))
            # Off by less than half a level: rounded away, and not cut off.
            return to_unit(images[distances.argmin(axis=1)]) - 0.4 / 127.5

        return System(
            task=task, directions=(S2I,), phases=(), generating=(), generate=generate
        )

    return assemble


def test_a_system_without_training_runs_and_generates(small_data, known_as, tmp_path):
    stored = small_data.split("train")
    config = known_as("nearest", nearest(stored))
    done = train_run(config, small_data, tmp_path, make_sample=make_sample)
    assert done == {}
    model = load(tmp_path)
    assert (model.step, model.variables, model.direction) == (0, {}, S2I)
    assert model.noise_size == 0
    rows = np.array([5, 0, 40, 17])
    made = model.generate(np.asarray(stored.sound.array)[rows])
    np.testing.assert_array_equal(made, np.asarray(stored.image.array)[rows])
    with pytest.raises(ValueError, match=r"\[1, 2\]: expected none: this system takes"):
        model.generate(made[:1], noise=np.zeros((1, 2), np.float32))
    with pytest.raises(FileNotFoundError, match="trained no classifier of images"):
        model.classifier("image")
    assert train_run(config, small_data, tmp_path) == {}  # nothing is left to do


def noise(config, task):
    """A system of both directions in one phase; its targets are noise."""
    joint = phase("joint", needs=Needs(anchor="image", fields=FIELDS), steps=6)
    judged = phase("judged", needs=SOUND, read=lambda finished: finished["joint"])

    def generate(finished, source, noise, direction):
        shape = task.shape(direction.target)
        drawn = noise[:, : math.prod(shape)].reshape(-1, *shape)
        moved = finished["joint"]["weights"].mean() + finished["judged"]["weights"][0]
        return jnp.clip(drawn + 0.01 * moved, -1.0, 1.0)

    return System(
        task=task,
        directions=(S2I, I2S),
        phases=(joint, judged),
        generating=("joint", "judged"),
        generate=generate,
        noise_size=math.prod(task.image_shape),
    )


def test_one_phase_trains_both_directions(small_data, known_as, tmp_path):
    config = known_as("noise", noise)
    train_run(config, small_data, tmp_path, make_sample=make_sample)
    joint = [x for x in MetricsWriter.read(tmp_path) if x["phase"] == "joint"]
    assert [x["step"] for x in joint] == [1, 2, 3, 4, 5, 6]
    assert all(set(FIELDS) <= set(x) for x in joint)
    samples = {path.name for path in (tmp_path / "samples").iterdir()}
    assert samples == {
        f"{step:06d}_{name}.png" for step in (2, 4) for name in ("s2i", "i2s")
    }

    model = load(tmp_path)
    assert set(model.variables) == {"joint", "judged"} and model.step == 4
    with pytest.raises(ValueError, match=r"several directions \(s2i, i2s\): say in"):
        model.generate(np.asarray(small_data.split("test").sound.array))
    alone = model.one_way(I2S)
    assert alone.direction == I2S
    images = np.asarray(small_data.split("test").image.array)
    np.testing.assert_array_equal(
        alone.generate(images), model.generate(images, direction=I2S)
    )
    with pytest.raises(ValueError, match="does not generate sound to image"):
        alone.one_way(S2I)
    for way in (S2I, I2S):
        sources = np.asarray(small_data.split("train").of(way.source).array)[:20]
        made = model.generate(sources, direction=way, seed=3)
        assert made.shape == (20, *model.record.task.shape(way.target))
        # A source of its own, a target of its own, wherever it stands.
        assert len(np.unique(made.reshape(20, -1), axis=0)) == 20
        backwards = model.generate(sources[::-1], direction=way, seed=3)
        np.testing.assert_array_equal(backwards[::-1], made)
        other = model.generate(sources, direction=way, seed=4)
        assert all((a != b).any() for a, b in zip(made, other, strict=True))
        twice = model.generate(sources[[2, 2]], direction=way, seed=3)
        np.testing.assert_array_equal(twice, made[[2, 2]])
