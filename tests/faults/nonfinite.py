"""Steps that compute NaN or infinity change nothing, in every phase of every system."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.configs import cmcgan, sa_cmgan
from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.record import as_settings
from cmgan_jax.runtime import devices
from cmgan_jax.systems.interface import Phase, Task
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.dispatch import SKIPPED, Feed, make_update, stack
from tests.faults.promise import Promise
from tests.faults.smallest import Smallest

TASK = Task((16, 16, 3), (16, 16, 1), num_classes=3, stem_aligned=True)
SMALL = {
    **{"model.width": 2, "model.hidden_size": 8, "model.features_size": 8},
    **{"model.code_size": 8, "model.z_size": 8, "model.attention_stage": 1},
    **{"classifier.batch_size": 4, "gan.batch_size": 4},
}
SYSTEMS = ((sa_cmgan, "s2i"), (cmcgan, "both"))
BATCH = 4
BAD = (np.nan, np.inf)


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R10."""
    promise = Promise(
        "R10",
        "a step that computes NaN or infinity changes nothing and is counted",
        "NaN and infinity put into one number of the state that a step made, in every "
        "phase of SA-CMGAN and CMCGAN; digests",
    )
    for module, direction in SYSTEMS:
        config = module.get_config(direction)
        config.update_from_flattened_dict(SMALL)
        system, finished = assemble(as_settings(config.to_dict()), TASK), {}
        for phase in system.phases:
            finished[phase.name] = _poison(promise, phase, finished)
    return [promise]


def _poison(promise: Promise, phase: Phase, finished) -> dict:
    """Poisons steps of a phase; its inference variables after a good one."""

    def step(state, batch):
        new, metrics = phase.step(state, batch)
        return _with_bad_number(new, batch["bad"]), metrics

    update = make_update(step, Feed(iter(())), devices.data_mesh())
    copies = jax.tree.map(jnp.copy, finished)
    state = jax.jit(lambda done: phase.init(jax.random.key(0), done))(copies)
    draw = np.random.default_rng(0)
    for bad in (0.0, *BAD):
        before = digest(dataclasses.replace(state, step=jnp.int32(0)), step=0)
        items = stack([_item(phase, draw, bad)], devices.data_mesh())
        state, metrics = update(state, (), items)
        after = digest(dataclasses.replace(state, step=jnp.int32(0)), step=0)
        skipped = bool(metrics[SKIPPED][0])
        expected = bad != 0.0
        kept = skipped == expected == (before == after)
        promise.count(kept, f"{phase.name} {bad}: skipped {skipped}")
    return phase.inference(state)


def _item(phase: Phase, draw: np.random.Generator, bad: float) -> dict:
    shapes = {name: TASK.shape(name.rpartition("_")[2]) for name in phase.needs.fields}
    pixels = {
        name: draw.integers(0, 256, (BATCH, *shape), dtype=np.uint8)
        for name, shape in shapes.items()
    }
    label = draw.integers(0, TASK.num_classes, BATCH, dtype=np.int32)
    return pixels | {"label": label, "bad": np.full(BATCH, bad, np.float32)}


def _with_bad_number(state, bad: jax.Array):
    """The state with the number added to the last of its trained numbers."""
    leaves, tree = jax.tree.flatten(state)
    floats = [i for i, x in enumerate(leaves) if x.dtype == jnp.float32]
    last = leaves[floats[-1]]
    leaves[floats[-1]] = (last.ravel().at[-1].add(bad[0])).reshape(last.shape)
    return jax.tree.unflatten(tree, leaves)
