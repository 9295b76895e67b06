"""Several steps in one call of the devices, from batches on their way or already there.

An accelerator finishes a small step sooner than a host starts the next one: then many
steps go into one call, and the data set stays in device memory.
"""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh

from cmgan_jax.runtime import devices, processes
from cmgan_jax.training.batch import Batch, Needs

Tree = Any
Metrics = Mapping[str, jax.Array]
Step = Callable[[Any, Batch], tuple[Any, Metrics]]
AHEAD = 2  # calls whose items are on their way while another runs
SKIPPED = "skipped"  # the metric that is true of a step which changed nothing


@dataclasses.dataclass(frozen=True)
class Feed:
    """What the steps of a phase are fed.

    Attributes:
      items: one tree of host arrays per step, this process's rows; endless.
      resident: arrays on the devices that every step may read.
      batch: (resident, item) -> the step's batch; pure.
    """

    items: Iterator[Tree]
    resident: Tree = ()
    batch: Callable[[Tree, Tree], Batch] = lambda resident, item: item


# (needs, batch size, seed, first step) -> what the steps are fed.
Feeds = Callable[[Needs, int, int, int], Feed]


def make_update(
    step: Step, feed: Feed, mesh: Mesh
) -> Callable[[Any, Tree, Tree], tuple[Any, Metrics]]:
    """Jits as many steps in a row as there are items.

    A step that computes NaN or infinity, in its metrics or anywhere in its state,
    changes nothing but the count of steps and the items of the data that a state keeps.

    Args:
      step: pure update, (state, batch) -> (state, metrics).
      feed: makes a batch of an item.
      mesh: devices that share each batch.

    Returns:
      (state, resident, items [k ...]) -> (state, metrics [k], SKIPPED among them);
      gives the state away.
    """

    def update(state, resident, items):
        def one(state, item):
            return _kept_if_finite(state, *step(state, feed.batch(resident, item)))

        (count,) = {len(leaf) for leaf in jax.tree.leaves(items)}
        if count > 1:
            return lax.scan(one, state, items)
        # A loop's body is not fused with what is around it.
        state, metrics = one(state, jax.tree.map(lambda x: x[0], items))
        return state, jax.tree.map(lambda x: x[None], metrics)

    everywhere = devices.replicated(mesh)
    return jax.jit(update, donate_argnums=0, out_shardings=everywhere)


def compiled_together(update: Callable) -> Callable:
    """The jitted update, which no process runs before all of them have compiled it.

    Processors wait half a minute for one another inside a program, and compiling may
    take longer in one process than in another, which finds it in its cache.
    """
    if not processes.several():
        return update
    compiled = {}

    def call(state, resident, items):
        count = len(jax.tree.leaves(items)[0])
        if count not in compiled:
            compiled[count] = update.lower(state, resident, items).compile()
            processes.meet()
        return compiled[count](state, resident, items)

    return call


def _kept_if_finite(old: Any, new: Any, metrics: Metrics) -> tuple[Any, Metrics]:
    """The new state if all of it is finite; else the old one, but for its step."""
    before, tree = jax.tree.flatten(old)
    after = tree.flatten_up_to(new)
    # A step hands on what it does not touch, such as frozen networks, as it is. Bytes
    # are items of the data, stored as they were read: undoing that would copy them all.
    changed = [
        i
        for i, leaf in enumerate(after)
        if leaf is not before[i] and leaf.dtype != jnp.uint8
    ]
    befores, afters = ([leaves[i] for i in changed] for leaves in (before, after))
    numbers = [*afters, *metrics.values()]
    finite = jnp.stack(
        [
            jnp.isfinite(x).all()
            for x in numbers
            if jnp.issubdtype(x.dtype, jnp.floating)
        ]
    ).all()
    # Not `where`: nothing is to be fused with the update, which may round otherwise.
    kept = lax.cond(finite, lambda x, y: y, lambda x, y: x, befores, afters)
    for i, leaf in zip(changed, kept, strict=True):
        after[i] = leaf
    state = dataclasses.replace(jax.tree.unflatten(tree, after), step=new.step)
    return state, {**metrics, SKIPPED: ~finite}


def calls(done: int, steps: int, per_call: int) -> list[int]:
    """The last step of every call: multiples of `per_call`, and the last of all."""
    return [*range(done // per_call * per_call + per_call, steps, per_call), steps]


def stack(items: Sequence[Tree], mesh: Mesh) -> Tree:
    """The items of one call, stacked to [k ...] and split over the devices."""
    stacked = jax.tree.map(lambda *rows: np.stack(rows), *items)
    return devices.to_devices(stacked, mesh, stacked=True)


def stacked_items(
    items: Iterator[Tree], counts: list[int], mesh: Mesh
) -> Iterator[Tree]:
    """Items of every call, stacked and on the devices, a few calls ahead.

    Args:
      items: one tree of host arrays per step.
      counts: steps of every call; no more items are taken than these need.
      mesh: devices that share each batch.
    """
    waiting = collections.deque()
    for count in counts:
        waiting.append(stack([next(items) for _ in range(count)], mesh))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting
