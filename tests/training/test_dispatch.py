"""Several steps in one call: the same numbers as one call each."""

import itertools

import jax
import numpy as np
import optax
import pytest

from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.runtime import devices
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.note_phase import note_phase
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.dispatch import Feed, calls, make_update, stacked_items

SHAPE = (16, 16, 1)
MODULE = Recogniser(
    encoder=Encoder(4, hidden_size=16, features_size=8, attention_stage=None),
    num_classes=2,
)
# Adam would turn a rounding error of a gradient near zero into a step of full length.
OPTIMIZER = optax.sgd(1e-2)
STEPS = 4


def items():
    draw = np.random.default_rng(0)
    while True:
        yield {
            "image": draw.integers(0, 256, (8, *SHAPE), dtype=np.uint8),
            "label": draw.integers(0, 2, 8, dtype=np.int32),
        }


def train(per_call):
    """A few steps, and the loss of each."""
    mesh = devices.data_mesh()
    variation = Variation(shift=1, noise=0.1)
    step = classifier.make_step(
        MODULE, OPTIMIZER, modality="image", variation=variation
    )
    everywhere = devices.replicated(mesh)
    root = jax.random.key(0)
    state = jax.jit(
        lambda: classifier.init_state(MODULE, OPTIMIZER, root=root, shape=SHAPE),
        out_shardings=everywhere,
    )()
    feed = Feed(items())
    update, losses = make_update(step, feed, mesh), []
    for stacked in stacked_items(feed.items, [per_call] * (STEPS // per_call), mesh):
        state, metrics = update(state, feed.resident, stacked)
        losses += np.asarray(metrics["classifier_loss"]).tolist()
    return state, np.array(losses)


def test_several_steps_in_a_call_equal_as_many_calls():
    """Up to the order of float32 sums, which every processor and program chooses.

    A sum of n numbers errs by about sqrt(n) * 6e-8 of them: 1e-5 for the thousands in
    a gradient here. Gradient descent carries that on without enlarging it much, so a
    thousandth leaves two powers of ten. The losses of two batches differ by far more,
    and so do those of one batch under another step's noise.
    """
    apart, losses = train(1)
    together, losses_together = train(STEPS)
    assert int(apart.step) == int(together.step) == STEPS
    np.testing.assert_allclose(losses_together, losses, rtol=1e-3)
    assert np.abs(np.diff(losses)).min() > 1e-2
    for there, here in zip(
        jax.tree.leaves(together.network.variables),
        jax.tree.leaves(apart.network.variables),
        strict=True,
    ):
        np.testing.assert_allclose(there, here, rtol=1e-3, atol=1e-3)


def test_one_program_serves_every_step(caplog):
    with jax.log_compiles():
        train(STEPS // 2)
    compiled = [r for r in caplog.records if "Compiling jit(update)" in r.message]
    assert len(compiled) == 1


@pytest.mark.parametrize(
    ("done", "steps", "per_call", "expected"),
    [
        (0, 10, 4, [4, 8, 10]),
        (6, 10, 4, [8, 10]),  # a run that was stopped inside what is now a call
        (8, 10, 1, [9, 10]),
        (0, 8, 4, [4, 8]),
    ],
)
def test_calls_end_at_multiples_and_at_the_last_step(done, steps, per_call, expected):
    assert calls(done, steps, per_call) == expected


def test_no_item_too_many_is_taken():
    source = itertools.count()
    numbers = ({"x": np.full(4, number)} for number in source)
    taken = list(stacked_items(numbers, [2, 2, 1], devices.data_mesh()))
    assert [call["x"][:, 0].tolist() for call in taken] == [[0, 1], [2, 3], [4]]
    assert next(source) == 5


def test_items_that_a_state_keeps_are_not_copied_at_each_step():
    """A phase that keeps ten thousand pictures would copy them all for each batch."""
    task = Task((16, 16, 3), (16, 16, 1), 2, stem_aligned=True, pitched=True)
    sizes = {"edges": 10, "axes": 0, "few": 10, "batch_size": 8, "seed": 0}
    phase = note_phase("eyes", "image", task=task, items=4000, **sizes)
    state = jax.eval_shape(lambda: phase.init(jax.random.key(0), {}))
    item = {
        "image": jax.ShapeDtypeStruct((1, 8, 16, 16, 3), np.uint8),
        "label": jax.ShapeDtypeStruct((1, 8), np.int32),
        "pitch": jax.ShapeDtypeStruct((1, 8), np.float32),
    }
    update = make_update(phase.step, Feed(iter(())), devices.data_mesh())
    memory = update.lower(state, (), item).compile().memory_analysis()
    assert memory.temp_size_in_bytes < state.items.size / 2
    assert memory.alias_size_in_bytes >= state.items.size
