"""One phase of a run, from its last checkpoint to its last step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from cmgan_jax.runs.adoption import newest
from cmgan_jax.runs.checkpoint_folders import checkpoint_folder
from cmgan_jax.runs.checkpoints import SCORE, Checkpoints, abstract
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import buckets, devices, processes
from cmgan_jax.systems.interface import Finished, Phase
from cmgan_jax.training.dispatch import Feeds
from cmgan_jax.training.loop import Hooks, Intervals, Scalars, fit

# (step, inference variables, name of the alternative they are or "") -> scalars to log.
Sample = Callable[[int, Any, str], Scalars]


def no_sample(step: int, variables: Any, alternative: str) -> Scalars:
    """Looks at nothing."""
    return {}


def no_check() -> None:
    """Finds nothing wrong."""


def run_phase(
    phase: Phase,
    *,
    finished: Finished,
    workdir: Path,
    feeds: Feeds,
    intervals: Intervals,
    keep: int,
    mesh: Mesh,
    sample: Sample = no_sample,
    choose: bool = False,
    check: Callable[[], None] = no_check,
    taken_from: Path | None = None,
) -> Any:
    """Runs one phase to its end; a phase that is finished is only restored.

    Args:
      phase: what is trained.
      finished: inference variables of the phases before it, by name.
      workdir: of the run.
      feeds: of the split that is trained on.
      intervals: what happens how often.
      keep: checkpoints to keep.
      mesh: devices that share each batch.
      sample: looks at the inference variables now and then, of several processes in
        the first one.
      choose: alternatives are looked at too, the best of them is what a checkpoint
        keeps as inference variables, and the best checkpoint stays.
      check: called before anything is logged or saved, in the first process; what it
        raises ends the run.
      taken_from: workdir of another run whose last state of this phase is this run's,
        unless this one has a state of its own.

    Returns:
      The phase's inference variables, as its last checkpoint keeps them.
    """
    everywhere = devices.replicated(mesh)

    def initialise(finished):
        # The first update gives the state away, and others read these variables too.
        finished = jax.tree.map(jnp.copy, finished)
        return phase.init(jax.random.key(phase.seed), finished)

    checkpoints = Checkpoints(checkpoint_folder(workdir, phase.name), keep=keep)
    shapes = jax.eval_shape(initialise, finished)
    items = {"training": shapes, "inference": jax.eval_shape(phase.inference, shapes)}
    items = abstract(items, everywhere)
    found = checkpoints.restore_newest(items)
    if found is None and taken_from is not None:
        found = newest(checkpoint_folder(taken_from, phase.name), items)
        checkpoints.save(*found)
    if found is None:
        state, done = jax.jit(initialise, out_shardings=everywhere)(finished), 0
    else:
        done, state = found[0], found[1]["training"]
    if done >= phase.steps:
        checkpoints.close()
        return found[1]["inference"]
    writer = None
    if processes.is_first():
        writer = MetricsWriter(workdir, phase=phase.name, step=done)
    look = _Look(phase, sample, choose)

    def log(number, scalars):
        def write():
            check()
            writer.write(number, scalars)

        processes.by_first(write)

    def save(number, state):
        processes.by_first(check)
        inference, scores = look.chosen(number, state)
        items = {"training": state, "inference": inference}
        # First what was logged: a checkpoint in a bucket must not be ahead of it.
        processes.by_first(lambda: buckets.put_back(workdir))
        checkpoints.save(number, items, scores)

    hooks = Hooks(log=log, sample=look, save=save)
    feed = feeds(phase.needs, phase.batch_size, phase.order_seed, done)
    try:
        state = fit(
            phase.name,
            phase.step,
            state,
            feed,
            mesh=mesh,
            schedule=intervals.until(phase.steps),
            hooks=hooks,
        )
    finally:
        checkpoints.close()
        if writer:
            writer.close()
    return look.chosen(phase.steps, state)[0]


class _Look:
    """Looks at what may generate, and says which of it is the best."""

    def __init__(self, phase: Phase, sample: Sample, choose: bool):
        self._phase = phase
        self._sample = sample
        self._choose = choose
        self._seen: tuple[int, Scalars] = (-1, {})
        self._inference: tuple[int, Any] = (-1, None)

    def __call__(self, number: int, state: Any) -> Scalars:
        looked_at = {"": self._variables(number, state)}
        if self._choose:
            looked_at |= self._phase.alternatives(state)

        def look() -> Scalars:
            scalars = {}
            for name, variables in looked_at.items():
                scalars |= self._sample(number, devices.here(variables), name)
            return scalars

        scalars = processes.by_first(look)
        self._seen = number, scalars
        return scalars

    def chosen(self, number: int, state: Any) -> tuple[Any, Scalars | None]:
        """The best inference variables of a state, and the scores it is known by."""
        inference = self._variables(number, state)
        step, scalars = self._seen
        if not self._choose or step != number:
            return inference, None
        found = {"": inference, **self._phase.alternatives(state)}
        known = [name for name in found if scored(SCORE, name) in scalars]
        if not known:
            return inference, None
        best = min(known, key=lambda name: scalars[scored(SCORE, name)])
        return found[best], {**scalars, SCORE: scalars[scored(SCORE, best)]}

    def _variables(self, number: int, state: Any) -> Any:
        """The inference variables of the state at a step: readers take a while."""
        if self._inference[0] != number:
            self._inference = number, self._phase.inference(state)
        return self._inference[1]


def scored(name: str, alternative: str) -> str:
    """Name of a scalar of an alternative; of the inference variables themselves: ""."""
    return f"{name}_{alternative}" if alternative else name
