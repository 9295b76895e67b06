"""A trained system, restored from its workdir: all that evaluating and generating need.

Only the encoder and the generator are restored; the discriminator and the optimizers
stay on disk.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import jax
from jaxtyping import Array, Float, Key, UInt8

from cmgan_jax.runs.checkpoints import Checkpoints, DamagedCheckpointError, abstract
from cmgan_jax.runs.phases import classifier_phase
from cmgan_jax.runs.record import RunRecord, read_record
from cmgan_jax.runtime import devices
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import sa_cmgan as systems
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.systems.sa_cmgan import System
from cmgan_jax.training.state import Tree, apply_evaluation

Generate = Callable[[UInt8[Array, "b h w c"], Key[Array, ""]], Float[Array, "b h w c"]]


def make_generate(
    parts: GanParts,
) -> Callable[[Tree, UInt8[Array, "b h w c"], Key[Array, ""]], Array]:
    """Builds (variables, sources uint8, key) -> generated targets in (-1, 1).

    The i-th source of a batch draws its z from fold_in(key, i), so results depend on
    the position in the batch but not on the batch's size.
    """

    def generate(variables, source, key):
        features = apply_evaluation(
            parts.encoder, variables["encoder"], to_unit(source), method="features"
        )
        code = apply_evaluation(
            parts.encoder, variables["encoder"], features, method="code"
        )
        keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(
            jax.numpy.arange(source.shape[0])
        )
        z = jax.vmap(lambda k: jax.random.normal(k, (parts.z_size,)))(keys)
        return apply_evaluation(parts.generator, variables["generator"], code, z)

    return generate


@dataclasses.dataclass(frozen=True)
class TrainedSystem:
    """A system that generates.

    Attributes:
      workdir: folder it was restored from.
      record: what it was trained with.
      system: its modules.
      step: updates of the generator made.
      generate: (sources uint8 [b h w c], key) -> targets in (-1, 1) [b h w c].
    """

    workdir: Path
    record: RunRecord
    system: System
    step: int
    generate: Generate


def load(workdir: str | Path) -> TrainedSystem:
    """Restores the newest checkpoint of a run, on whatever devices there are.

    Raises:
      FileNotFoundError: the folder is no workdir, or holds no GAN checkpoint yet.
      ValueError: the checkpoint is damaged.
    """
    workdir = Path(workdir)
    record = read_record(workdir)
    system = systems.assemble(record.settings, record.task)
    shapes = jax.eval_shape(lambda: _inference_shapes(system))
    step, variables = _restore(workdir, "gan", shapes)
    generate = jax.jit(make_generate(system.gan))
    return TrainedSystem(
        workdir=workdir,
        record=record,
        system=system,
        step=step,
        generate=lambda source, key: generate(variables, source, key),
    )


def load_classifier(trained: TrainedSystem, modality: str) -> Callable[[Array], Array]:
    """The run's own classifier of a modality, for the original protocol.

    Args:
      trained: a restored system.
      modality: "source" or "target".

    Returns:
      Pictures or spectrograms in [-1, 1] [b h w c] -> logits [b m].

    Raises:
      FileNotFoundError: the run trained no classifier of this modality.
    """
    phase = classifier_phase(modality)
    if not (trained.workdir / "checkpoints" / phase).exists():
        raise FileNotFoundError(
            f"{trained.workdir} trained no classifier of {modality}s, which the "
            "original protocol needs: train with --config.classifier.target_too."
        )
    module = getattr(trained.system, f"{modality}_recogniser")
    shape = getattr(trained.system.task, f"{modality}_shape")

    def initialise():
        x = jax.numpy.zeros((1, *shape))
        return module.init(jax.random.key(0), x, train=False)

    shapes = jax.eval_shape(initialise)
    _, variables = _restore(trained.workdir, phase, shapes)
    return jax.jit(lambda x: apply_evaluation(module, variables, x))


def _inference_shapes(system: System) -> Tree:
    parts, task = system.gan, system.task
    source = jax.numpy.zeros((1, *task.source_shape))
    key = jax.random.key(0)
    encoder = parts.encoder.init(key, source, train=False)
    code = jax.numpy.zeros((1, parts.encoder.code_size))
    z = jax.numpy.zeros((1, parts.z_size))
    return {
        "encoder": encoder,
        "generator": parts.generator.init(key, code, z, train=False),
    }


def _restore(workdir: Path, phase: str, shapes: Tree) -> tuple[int, Tree]:
    folder = workdir / "checkpoints" / phase
    checkpoints = Checkpoints(folder) if folder.exists() else None
    steps = checkpoints.steps() if checkpoints else []
    if not steps:
        raise FileNotFoundError(
            f"{workdir} has no checkpoint of phase {phase!r} yet: run "
            f"`python -m cmgan_jax train --workdir={workdir} ...` until it saves one."
        )
    items = {"inference": abstract(shapes, devices.replicated(devices.data_mesh()))}
    try:
        return steps[0], checkpoints.restore(steps[0], items)["inference"]
    except DamagedCheckpointError as error:
        raise DamagedCheckpointError(
            f"{error} Run train again: it sets the damaged checkpoint aside and goes "
            "on from an older one."
        ) from error
    finally:
        checkpoints.close()
