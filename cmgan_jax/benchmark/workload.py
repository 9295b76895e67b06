"""The work that is measured: one update of discriminator and generator."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax import sharding, systems
from cmgan_jax.checkpoints import abstract
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.representation import Representation
from cmgan_jax.steps import gan
from cmgan_jax.systems import System, Task

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
        everywhere = sharding.replicated(sharding.data_mesh())
        step = gan.make_step(self.system.gan)
        return jax.jit(step, donate_argnums=0, out_shardings=everywhere)

    @functools.cached_property
    def shapes(self):
        """State and batch as shapes with their layout on the devices."""
        mesh = sharding.data_mesh()
        state, batch = jax.eval_shape(lambda: (self._initialise(), self._zeros()))
        return (
            abstract(state, sharding.replicated(mesh)),
            abstract(batch, sharding.split_batch(mesh)),
        )

    @functools.cached_property
    def compiled(self):
        """The update, compiled for this batch size."""
        return self.update.lower(*self.shapes).compile()

    def fresh_state(self) -> gan.GanState:
        """The state before the first update, on every device."""
        everywhere = sharding.replicated(sharding.data_mesh())
        return jax.jit(self._initialise, out_shardings=everywhere)()

    def random_batch(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Random pixels and labels in the shapes of the task."""
        draw = np.random.default_rng(seed)
        shapes = jax.eval_shape(self._zeros)
        batch = {
            name: draw.integers(0, 256, shapes[name].shape, dtype=np.uint8)
            for name in ("source", "target", "mismatched")
        }
        classes, b = self.system.task.num_classes, self.batch_size
        return batch | {"label": draw.integers(0, classes, b, dtype=np.int32)}

    def to_devices(self, batch):
        """The batch, split over the devices."""
        return sharding.to_devices(batch, sharding.data_mesh())

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

    def _zeros(self):
        task, b = self.system.task, self.batch_size
        target = jnp.zeros((b, *task.target_shape), jnp.uint8)
        source = jnp.zeros((b, *task.source_shape), jnp.uint8)
        label = jnp.zeros(b, jnp.int32)
        return {
            "source": source,
            "target": target,
            "mismatched": target,
            "label": label,
        }


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
