"""A trained system, restored from its workdir: all that generating needs.

Only what generates is restored; discriminators and optimizers stay on disk.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

import jax
from jaxtyping import Array, Float

from cmgan_jax.runs.checkpoint_folders import checkpoint_folder
from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.damage import DamagedCheckpointError
from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.generating import Items, Noise, make_draw_noise, make_generate
from cmgan_jax.runs.record import RECORD_FILE, RunRecord, read_record
from cmgan_jax.runtime import devices
from cmgan_jax.runtime.names import command
from cmgan_jax.signals.direction import Direction
from cmgan_jax.systems.interface import Finished, System
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.state import Tree


@dataclasses.dataclass(frozen=True)
class Model:
    """A system that generates.

    Attributes:
      workdir: folder, or file of weights, that it was restored from.
      record: what it was trained with.
      system: its phases and how it generates.
      step: updates made in the phase that generates.
      digest: of the variables that generate, hexadecimal.
      variables: of the phases that generate, by name.
    """

    workdir: Path
    record: RunRecord
    system: System
    step: int
    digest: str
    variables: Finished

    @property
    def direction(self) -> Direction:
        """The way it generates in, of a system that knows one.

        Raises:
          ValueError: it knows several; lists them.
        """
        if len(self.system.directions) != 1:
            raise ValueError(
                f"{self.workdir} generates in several directions "
                f"({self._direction_names}): say in which (--direction)."
            )
        (direction,) = self.system.directions
        return direction

    @property
    def _direction_names(self) -> str:
        return ", ".join(direction.name for direction in self.system.directions)

    @property
    def noise_size(self) -> int:
        """Numbers in the noise of one source; 0 where the system takes none."""
        return self.system.noise_size

    def draw_noise(self, sources: Items, *, seed: int = 0) -> Noise:
        """The noise that `generate` draws where none is given.

        Args:
          sources: uint8 [n h w c], as the data set stores them.
          seed: of the noise.

        Returns:
          Standard normal, float32 [n m], m = `noise_size`: of (seed, the source's own
          pixels), so that it belongs to a source alone and among others.
        """
        return self._draw_noise(sources, seed)

    def generate(
        self,
        sources: Items,
        *,
        direction: Direction | None = None,
        seed: int = 0,
        noise: Noise | None = None,
    ) -> Items:
        """Targets of sources.

        Args:
          sources: uint8 [n h w c], as the data set stores them.
          direction: needed where the system knows several.
          seed: of the noise; the same source and seed give the same target, alone and
            among others.
          noise: float32 [n m], m = `noise_size`, standard normal where it shall look
            like training's; `draw_noise(sources, seed=seed)` where None.

        Returns:
          uint8 [n h w c]: exactly what is written to files and judged.

        Raises:
          ValueError: the system does not generate in this direction, or noise is of
            another shape.
        """
        direction = direction or self.direction
        self._require_way(direction)
        if noise is not None:
            self._require_noise(noise, len(sources))
        return self._generate(
            self.variables, sources, direction=direction, seed=seed, noise=noise
        )

    def _require_noise(self, noise: Noise, count: int) -> None:
        expected = (count, self.noise_size)
        if noise.shape != expected:
            needs = (
                f"a row of {self.noise_size} for each source, {list(expected)}"
                if self.noise_size
                else "none: this system takes no noise"
            )
            raise ValueError(f"noise of shape {list(noise.shape)}: expected {needs}.")

    def _require_way(self, direction: Direction) -> None:
        if direction not in self.system.directions:
            raise ValueError(
                f"{self.workdir} does not generate {direction.title} "
                f"({direction.name}); it knows {self._direction_names}."
            )

    def one_way(self, direction: Direction) -> "Model":
        """The same model, of a system of several directions, in one of them.

        Raises:
          ValueError: the system does not generate in this direction.
        """
        self._require_way(direction)
        system = dataclasses.replace(self.system, directions=(direction,))
        return dataclasses.replace(self, system=system)

    @functools.cached_property
    def _draw_noise(self):
        return make_draw_noise(self.system)

    @functools.cached_property
    def _generate(self):
        return make_generate(self.system)

    def classifier(
        self, modality: str
    ) -> Callable[[Float[Array, "b h w c"]], Float[Array, "b m"]]:
        """The run's own classifier of a modality, for the original protocol.

        Returns:
          Items in [-1, 1] [b h w c] -> logits [b m].

        Raises:
          FileNotFoundError: the run trained no classifier of this modality.
        """
        if modality not in self.system.recognitions:
            raise FileNotFoundError(
                f"{self.workdir} trained no classifier of {modality}s, which the "
                "original protocol needs."
            )
        if self.workdir.is_file():
            raise FileNotFoundError(
                f"{self.workdir} holds what generates and no classifiers: give the "
                "workdir of its run."
            )
        own = self.system.recognitions[modality]
        shapes = self.system.inference_shapes((own.phase,))
        _, variables = _restore(self.workdir, own.phase, shapes[own.phase])
        return jax.jit(lambda x: own.logits(variables, x))


def load(workdir: str | Path) -> Model:
    """Restores what generates of a run, on whatever devices there are.

    That is the newest checkpoint, or the one chosen on validation where the run's
    configuration says so.

    Raises:
      FileNotFoundError: the folder is no workdir, or the run has not come so far yet.
      ValueError: its record or the checkpoint is damaged.
    """
    workdir = Path(workdir)
    record = read_record(workdir)
    try:
        system = assemble(record.settings, record.task)
    except ValueError as error:
        raise ValueError(f"{workdir / RECORD_FILE}: {error}") from error
    chosen = record.settings.run.choose_on_validation
    shapes = system.inference_shapes(system.generating)
    restored = {
        name: _restore(workdir, name, like, chosen=chosen)
        for name, like in shapes.items()
    }
    variables = {name: tree for name, (_, tree) in restored.items()}
    step = restored[system.generating[-1]][0] if restored else 0
    return Model(
        workdir=workdir,
        record=record,
        system=system,
        step=step,
        digest=f"{digest(variables, step=step):08x}",
        variables=variables,
    )


def _restore(
    workdir: Path, phase: str, shapes: Tree, *, chosen: bool = False
) -> tuple[int, Tree]:
    """The newest step of a phase, or the best known, and its inference variables.

    They come to one device of this process: generating needs no other.
    """
    everywhere = devices.replicated(devices.data_mesh())
    items = {"inference": abstract(shapes, everywhere)}
    try:
        with contextlib.closing(_opened(workdir, phase)) as checkpoints:
            best = checkpoints.best() if chosen else None
            step = best or checkpoints.steps()[0]
            return step, devices.here(checkpoints.restore(step, items)["inference"])
    except DamagedCheckpointError as error:
        raise DamagedCheckpointError(
            f"{error} Run train again: it sets the damaged checkpoint aside and goes "
            f"on from an older one. If {workdir / RECORD_FILE} was changed by hand, "
            "undo that first."
        ) from error


def _opened(workdir: Path, phase: str) -> Checkpoints:
    """Checkpoints of which there is at least one."""
    folder = checkpoint_folder(workdir, phase)
    if folder.exists():
        checkpoints = Checkpoints(folder)
        if checkpoints.steps():
            return checkpoints
        checkpoints.close()
    raise FileNotFoundError(
        f"{workdir} has no checkpoint of phase {phase!r} yet: run "
        f"`{command('train', workdir=workdir)} ...` until it saves one."
    )
