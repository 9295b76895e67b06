"""Which checkpoint generates, where a run chooses it on validation."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest
from flax import struct

from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs.checkpoints import Checkpoints
from cmgan_jax.runs.model import load
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.signals.direction import S2I
from cmgan_jax.systems import registry
from cmgan_jax.systems.interface import Phase, System
from cmgan_jax.training.batch import Needs

# Validation distances of the averaged and the raw weights at the steps looked at.
DISTANCES = {2: (0.9, 0.8), 4: (0.7, 0.3), 6: (0.5, 0.6), 8: (0.4, 0.6)}


class Count(struct.PyTreeNode):
    """A state that counts its steps."""

    step: jax.Array


def counting(config, task):
    """A system whose variables say of which step, and which of the two, they are."""
    phase = Phase(
        name="counting",
        steps=8,
        batch_size=8,
        needs=Needs(anchor="sound", fields=("sound",)),
        seed=0,
        order_seed=0,
        init=lambda root, finished: Count(step=jnp.int32(0)),
        step=lambda state, batch: (Count(step=state.step + 1), {"x": jnp.zeros(())}),
        inference=lambda state: {"step": state.step, "raw": jnp.int32(0)},
        alternatives=lambda state: {
            "raw": {"step": state.step, "raw": jnp.int32(1)},
        },
    )
    return System(
        task=task,
        directions=(S2I,),
        phases=(phase,),
        generating=("counting",),
        generate=lambda finished, source, noise, direction: source,
    )


def scores(system, record, prepared, workdir):
    """Looks as DISTANCES say, at nothing."""

    def sample(step, finished, alternative):
        averaged, raw = DISTANCES[step]
        assert int(finished["counting"]["raw"]) == (alternative == "raw")
        if alternative:
            return {"validation_distance_raw": raw}
        return {"validation_distance": averaged}

    return sample


@pytest.fixture
def config(monkeypatch, small_config):
    """The configuration of the system that counts, of one checkpoint kept."""
    monkeypatch.setattr(registry, "SYSTEMS", {"counting": counting})

    def make(*, choose: bool):
        own = {"keep_checkpoints": 1, "choose_on_validation": choose}
        return small_config | {
            "system": "counting",
            "run": {**small_config["run"], **own},
        }

    return make


def test_the_nearest_to_real_generates_and_stays(config, small_data, tmp_path):
    train_run(config(choose=True), small_data, tmp_path, make_sample=scores)
    model = load(tmp_path)
    chosen = {name: int(x) for name, x in model.variables["counting"].items()}
    assert model.step == 4 and chosen == {"step": 4, "raw": 1}
    checkpoints = Checkpoints(tmp_path / "checkpoints" / "counting")
    assert checkpoints.steps() == [8, 4]
    assert checkpoints.scores(4) == {
        "validation_distance": 0.3,
        "validation_distance_raw": 0.3,
    }


def test_the_last_generates_where_nothing_is_chosen(config, small_data, tmp_path):
    train_run(config(choose=False), small_data, tmp_path, make_sample=scores)
    model = load(tmp_path)
    assert model.step == 8 and int(model.variables["counting"]["raw"]) == 0
    assert Checkpoints(tmp_path / "checkpoints" / "counting").steps() == [8]


def test_what_generates_is_computed_once_a_step(
    config, small_data, tmp_path, monkeypatch
):
    """Readers of notes are learnt there, in seconds. A finished phase keeps its own."""
    computed = []

    def watched(settings, task):
        system = counting(settings, task)
        (phase,) = system.phases

        def inference(state):
            if not isinstance(state.step, jax.core.Tracer):
                computed.append(int(state.step))
            return phase.inference(state)

        phases = (dataclasses.replace(phase, inference=inference),)
        return dataclasses.replace(system, phases=phases)

    asked = config(choose=False)
    monkeypatch.setattr(registry, "SYSTEMS", {"counting": watched})
    train_run(asked, small_data, tmp_path, make_sample=scores)
    assert computed == [2, 4, 6, 8]
    train_run(asked, small_data, tmp_path, make_sample=scores)
    assert computed == [2, 4, 6, 8]


def test_data_without_a_validation_split_choose_nothing(
    config, small_data, tmp_path, monkeypatch
):
    monkeypatch.delitem(small_data.splits, "validation")
    with pytest.raises(ValueError, match="choose_on_validation needs a validation"):
        train_run(config(choose=True), small_data, tmp_path, make_sample=make_sample)
