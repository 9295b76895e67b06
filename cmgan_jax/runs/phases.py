"""The two phases of a run, each from its last checkpoint to its last step.

Phase "classifier" trains an encoder with a classifier on its features; phase "gan"
trains generator and discriminator on the code of that encoder.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from jax.sharding import Mesh

from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.runtime import devices
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.systems import gan_phase as gan
from cmgan_jax.systems.sa_cmgan import System
from cmgan_jax.training.dispatch import Feed, Feeds
from cmgan_jax.training.loop import Hooks, Scalars, Schedule, fit
from cmgan_jax.training.state import GanState, Tree

Sample = Callable[[int, Any], Scalars]


def run_phase(
    name: str,
    *,
    workdir: Path,
    initialise: Callable[[], Any],
    step: Callable,
    feed: Callable[[int], Feed],
    schedule: Schedule,
    keep: int,
    mesh: Mesh,
    sample: Sample,
) -> Any:
    """Runs one phase to its end; a phase that is finished is only restored.

    Args:
      name: of the phase, for its folder of checkpoints and its metrics.
      workdir: of the run.
      initialise: makes a fresh state from nothing but constants; jitted here.
      step: pure update.
      feed: first step -> what the steps from there are fed.
      schedule: how long and how often.
      keep: checkpoints to keep.
      mesh: devices that share each batch.
      sample: looks at a state now and then and gives scalars to log.

    Returns:
      The state after the last step.
    """
    everywhere = devices.replicated(mesh)
    checkpoints = Checkpoints(workdir / "checkpoints" / name, keep=keep)
    shapes = abstract(jax.eval_shape(initialise), everywhere)
    found = checkpoints.restore_newest({"training": shapes})
    if found is None:
        state, done = jax.jit(initialise, out_shardings=everywhere)(), 0
    else:
        done, state = found[0], found[1]["training"]
    if done >= schedule.steps:
        checkpoints.close()
        return state
    writer = MetricsWriter(workdir, phase=name, step=done)

    def save(number, state):
        items = {"training": state, "inference": state.inference}
        checkpoints.save(number, items)

    hooks = Hooks(log=writer.write, sample=sample, save=save)
    try:
        return fit(
            name, step, state, feed(done), mesh=mesh, schedule=schedule, hooks=hooks
        )
    finally:
        checkpoints.close()
        writer.close()


def run_classifier(
    config: Any,
    system: System,
    *,
    modality: str,
    workdir: Path,
    feeds: Feeds,
    mesh: Mesh,
) -> Tree:
    """Phase "classifier" for one modality.

    Args:
      config: of the run.
      system: assembled from it.
      modality: "source" or "target".
      workdir: of the run.
      feeds: of the training split.
      mesh: devices that share each batch.

    Returns:
      Variables of the recogniser.
    """
    fields = config.classifier
    module = getattr(system, f"{modality}_recogniser")
    shape = getattr(system.task, f"{modality}_shape")
    optimizer = system.classifier_optimizer
    # Both modalities see the same batches, but not the same initial weights.
    seed = config.seed * 2 + (modality == "target")

    def initialise():
        root = jax.random.key(seed)
        return classifier.init_state(module, optimizer, root=root, shape=shape)

    step = classifier.make_step(
        module,
        optimizer,
        modality=modality,
        shift=fields.shift,
        noise=fields.noise,
    )
    state = run_phase(
        classifier_phase(modality),
        workdir=workdir,
        initialise=initialise,
        step=step,
        feed=lambda done: feeds(fields.batch_size, config.seed, done),
        schedule=_schedule(config, fields.steps),
        keep=config.run.keep_checkpoints,
        mesh=mesh,
        sample=lambda number, state: {},
    )
    return state.inference


def classifier_phase(modality: str) -> str:
    """Name of the classifier phase of a modality: the conditioning one is the phase."""
    return "classifier" if modality == "source" else "target_classifier"


def run_gan(
    config: Any,
    system: System,
    *,
    recogniser: Tree,
    target_recogniser: Tree | None,
    workdir: Path,
    feeds: Feeds,
    mesh: Mesh,
    sample: Sample,
) -> GanState:
    """Phase "gan".

    Args:
      config: of the run.
      system: assembled from it.
      recogniser: variables of the source recogniser after its phase.
      target_recogniser: the same of targets; needed where the generator has a
        classification loss.
      workdir: of the run.
      feeds: of the training split.
      mesh: devices that share each batch.
      sample: looks at a state now and then and gives scalars to log.

    Returns:
      The state after the last step.
    """
    fields = config.gan

    def initialise():
        return gan.init_state(
            system.gan,
            root=jax.random.key(config.seed),
            encoder_variables=encoder_of(recogniser),
            target_recogniser=target_recogniser,
            target_shape=system.task.target_shape,
        )

    return run_phase(
        "gan",
        workdir=workdir,
        initialise=initialise,
        step=gan.make_step(system.gan),
        # The second phase draws its own order of examples.
        feed=lambda done: feeds(fields.batch_size, config.seed + 1, done),
        schedule=_schedule(config, fields.steps),
        keep=config.run.keep_checkpoints,
        mesh=mesh,
        sample=sample,
    )


def encoder_of(recogniser: Tree) -> Tree:
    """Variables of the encoder inside a recogniser's variables."""
    return {name: tree["encoder"] for name, tree in recogniser.items()}


def _schedule(config: Any, steps: int) -> Schedule:
    run = config.run
    return Schedule(
        steps=steps,
        log_every=run.log_every,
        sample_every=run.sample_every,
        checkpoint_every=run.checkpoint_every,
        per_call=run.steps_per_call,
    )
