"""One phase of a run, from its last checkpoint to its last step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import devices
from cmgan_jax.systems.interface import Finished, Phase
from cmgan_jax.training.dispatch import Feeds
from cmgan_jax.training.loop import Hooks, Intervals, Scalars, fit

# (step, inference variables) -> scalars to log.
Sample = Callable[[int, Any], Scalars]


def no_sample(step: int, variables: Any) -> Scalars:
    """Looks at nothing."""
    return {}


def no_check() -> None:
    """Finds nothing wrong."""


def checkpoint_folder(workdir: Path, phase: str) -> Path:
    """Where a phase of a run keeps its checkpoints."""
    return workdir / "checkpoints" / phase


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
    check: Callable[[], None] = no_check,
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
      sample: looks at the inference variables now and then.
      check: called before anything is logged or saved; what it raises ends the run.

    Returns:
      The phase's inference variables after its last step.
    """
    everywhere = devices.replicated(mesh)

    def initialise(finished):
        # The first update gives the state away, and others read these variables too.
        finished = jax.tree.map(jnp.copy, finished)
        return phase.init(jax.random.key(phase.seed), finished)

    checkpoints = Checkpoints(checkpoint_folder(workdir, phase.name), keep=keep)
    shapes = jax.eval_shape(initialise, finished)
    items = {"training": shapes, "inference": jax.eval_shape(phase.inference, shapes)}
    found = checkpoints.restore_newest(abstract(items, everywhere))
    if found is None:
        state, done = jax.jit(initialise, out_shardings=everywhere)(finished), 0
    else:
        done, state = found[0], found[1]["training"]
    if done >= phase.steps:
        checkpoints.close()
        return phase.inference(state)
    writer = MetricsWriter(workdir, phase=phase.name, step=done)

    def log(number, scalars):
        check()
        writer.write(number, scalars)

    def save(number, state):
        check()
        items = {"training": state, "inference": phase.inference(state)}
        checkpoints.save(number, items)

    hooks = Hooks(
        log=log,
        sample=lambda number, state: sample(number, phase.inference(state)),
        save=save,
    )
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
        writer.close()
    return phase.inference(state)
