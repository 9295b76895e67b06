"""The work that is measured: one update of discriminator and generator."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.checkpoints import abstract
from cmgan_jax.runtime import devices
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems import gan_phase as gan
from cmgan_jax.systems import sa_cmgan as systems
from cmgan_jax.systems.sa_cmgan import System, Task
from cmgan_jax.training.dispatch import Feed, make_update, stack

CLASSES = 13  # of Sub-URMP and of the embedded orchestra


@dataclasses.dataclass(frozen=True)
class Workload:
    """A system at its first update.

    Attributes:
      config: what it was assembled from.
      system: its modules and optimizers.
      batch_size: pairs per update.
    """

    config: Any
    system: System
    batch_size: int

    @functools.cached_property
    def update(self):
        """The update as training compiles it; gives its first argument away."""
        step = gan.make_step(self.system.gan)
        return make_update(step, Feed(iter(())), devices.data_mesh())

    @property
    def steps_per_call(self) -> int:
        """Updates in one call of the devices."""
        return self.config.run.steps_per_call

    @functools.cached_property
    def shapes(self):
        """State, nothing resident, and the batches of a call, laid out on devices."""
        everywhere = devices.replicated(devices.data_mesh())
        batches = self.to_devices([self.random_batch()] * self.steps_per_call)
        return (
            abstract(jax.eval_shape(self._initialise), everywhere),
            (),
            jax.tree.map(lambda x: abstract(x, x.sharding), batches),
        )

    @functools.cached_property
    def compiled(self):
        """The update, compiled for this batch size."""
        return self.update.lower(*self.shapes).compile()

    def fresh_state(self) -> gan.GanState:
        """The state before the first update, on every device."""
        everywhere = devices.replicated(devices.data_mesh())
        return jax.jit(self._initialise, out_shardings=everywhere)()

    def random_batch(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Random pixels and labels in the shapes of the task."""
        draw, task, b = np.random.default_rng(seed), self.system.task, self.batch_size
        shapes = {
            "source": task.source_shape,
            "target": task.target_shape,
            "mismatched": task.target_shape,
        }
        pixels = {
            name: draw.integers(0, 256, (b, *shape), dtype=np.uint8)
            for name, shape in shapes.items()
        }
        return pixels | {"label": draw.integers(0, task.num_classes, b, dtype=np.int32)}

    def to_devices(self, batches: Sequence[dict[str, np.ndarray]]):
        """The batches of a call, stacked and split over the devices."""
        return stack(batches, devices.data_mesh())

    def _initialise(self):
        task, parts = self.system.task, self.system.gan
        source = jnp.zeros((1, *task.source_shape))
        return gan.init_state(
            parts,
            root=jax.random.key(self.config.seed),
            encoder_variables=parts.encoder.init(
                jax.random.key(1), source, train=False
            ),
            target_shape=task.target_shape,
        )


def make_workload(
    config: Any, prepared: PreparedData | None = None, *, image_size: int = 64
) -> Workload:
    """The update of a configuration.

    Both networks learn at every update, whatever config.gan.discriminator_every says,
    and without a classification loss: the time of a plain step is what is compared.

    Args:
      config: attribute access to the fields of configs/base.py.
      prepared: gives the shapes; without it, log-mel and pictures of `image_size`.
      image_size: height and width of the pictures, in pixels.
    """
    representation = (
        prepared.representation if prepared else Representation(image_size=image_size)
    )
    shapes = representation.sound_shape, representation.image_shape
    source, target = shapes if config.direction == "s2i" else shapes[::-1]
    classes = len(prepared.class_names) if prepared else CLASSES
    stem = prepared.pairing == "stem" if prepared else True
    system = systems.assemble(config, Task(source, target, classes, stem))
    parts = dataclasses.replace(
        system.gan, discriminator_every=1, classification_weight=0.0
    )
    system = dataclasses.replace(system, gan=parts)
    return Workload(config, system, config.gan.batch_size)
