"""The work that is measured: the update that a generator is trained with."""

import copy
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.checkpoints import abstract
from cmgan_jax.runs.record import as_settings
from cmgan_jax.runtime import devices
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.interface import Finished, Phase, System, Task
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.batch import modality_of
from cmgan_jax.training.dispatch import Feed, make_update, stack

CLASSES = 13  # of Sub-URMP and of the embedded orchestra


@dataclasses.dataclass(frozen=True)
class Workload:
    """A system at the first update of the phase that generates.

    The phases before it are not trained: theirs are the variables they start with.

    Attributes:
      config: every field of what it was assembled from.
      system: its phases and how it generates.
      mesh: devices that share each batch.
    """

    config: Mapping[str, Any]
    system: System
    mesh: Mesh

    @property
    def phase(self) -> Phase:
        """The phase whose update is measured.

        Raises:
          ValueError: the system trains no generator.
        """
        name = self.system.phases[-1].name
        if name != "gan":
            raise ValueError(
                f"this system ends with the phase {name!r} and trains no generator: "
                "there is no update to measure."
            )
        return self.system.phases[-1]

    @property
    def direction(self) -> Direction:
        """The way it generates in; of several the first."""
        return self.system.directions[0]

    @property
    def batch_size(self) -> int:
        """Pairs per update."""
        return self.phase.batch_size

    @property
    def steps_per_call(self) -> int:
        """Updates in one call of the devices."""
        return self.config["run"]["steps_per_call"]

    @functools.cached_property
    def update(self):
        """The update as training compiles it; gives its first argument away."""
        return make_update(self.phase.step, Feed(iter(())), self.mesh)

    @functools.cached_property
    def shapes(self):
        """State, nothing resident, and the batches of a call, laid out on devices."""
        state = jax.eval_shape(self._initialise)
        rows = devices.split_batch(self.mesh, stacked=True)
        batches = {
            field: jax.ShapeDtypeStruct(
                (self.steps_per_call, *array.shape), array.dtype, sharding=rows
            )
            for field, array in self.random_batch().items()
        }
        return abstract(state, devices.replicated(self.mesh)), (), batches

    @functools.cached_property
    def compiled(self):
        """The update, compiled for this batch size."""
        return self.update.lower(*self.shapes).compile()

    def fresh_state(self) -> Any:
        """The state before the first update, on every device."""
        everywhere = devices.replicated(self.mesh)
        return jax.jit(self._initialise, out_shardings=everywhere)()

    def fresh_variables(self) -> Finished:
        """What generates before the first update, by the name of its phase."""
        return {self.phase.name: self.phase.inference(self.fresh_state())}

    def random_batch(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Random pixels of all that the phase needs, labels and notes."""
        draw, task, b = np.random.default_rng(seed), self.system.task, self.batch_size
        pixels = {
            field: draw.integers(
                0, 256, (b, *task.shape(modality_of(field))), dtype=np.uint8
            )
            for field in self.phase.needs.fields
        }
        label = draw.integers(0, task.num_classes, b, dtype=np.int32)
        pitch = draw.integers(40, 80, b).astype(np.float32)
        told = {"label": label} | ({"pitch": pitch} if self.phase.needs.pitch else {})
        return pixels | told

    def to_devices(self, batches: Sequence[dict[str, np.ndarray]]):
        """The batches of a call, stacked and split over the devices."""
        return stack(batches, self.mesh)

    def _initialise(self):
        finished = {}
        for phase in self.system.phases:
            state = phase.init(jax.random.key(phase.seed), finished)
            if phase.name == self.phase.name:
                break
            finished[phase.name] = phase.inference(state)
        return state


def make_workload(
    config: Mapping[str, Any],
    prepared: PreparedData | None = None,
    *,
    image_size: int = 64,
    mesh: Mesh | None = None,
) -> Workload:
    """The update of a configuration.

    It is the update trained with, classification loss and moving averages included.
    Only gan.discriminator_every is taken as 1, so that every measured update does all
    of the work.

    Args:
      config: every field of configs/base.py.
      prepared: gives the shapes; without it, log-mel and pictures of `image_size`.
      image_size: height and width of the pictures, in pixels.
      mesh: devices that share each batch; without it, all that are here.
    """
    representation = (
        prepared.representation if prepared else Representation(image_size=image_size)
    )
    task = Task(
        image_shape=representation.image_shape,
        sound_shape=representation.sound_shape,
        num_classes=len(prepared.class_names) if prepared else CLASSES,
        stem_aligned=prepared.pairing == "stem" if prepared else True,
        pitched=prepared.pitched if prepared else True,
    )
    config = copy.deepcopy(dict(config))
    config["gan"]["discriminator_every"] = 1
    system = assemble(as_settings(config), task)
    return Workload(config, system, devices.data_mesh() if mesh is None else mesh)
