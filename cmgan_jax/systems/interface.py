"""What a system is: the interface that training, evaluation and generation know.

A system says what it is trained on and how, as a list of phases, and how it generates.
Whatever it computes stays inside its phases and `generate`.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
from jaxtyping import Array, Float, Key, UInt8

from cmgan_jax.signals.direction import Direction
from cmgan_jax.training.batch import Batch, Needs
from cmgan_jax.training.state import Tree

Shape = tuple[int, int, int]
# Inference variables of finished phases, by the phase's name.
Finished = Mapping[str, Tree]
Generate = Callable[
    [Finished, UInt8[Array, "b h w c"], Float[Array, "b m"], Direction],
    Float[Array, "b h w c"],
]
# Where each of n places of a source looks among m, rows of sum 1, and the gate.
Looks = Callable[
    [Finished, UInt8[Array, "b h w c"]], tuple[Float[Array, "b n m"], Float[Array, ""]]
]


@dataclasses.dataclass(frozen=True)
class Task:
    """What there is to turn into one another.

    Attributes:
      image_shape: [h w c] of one picture.
      sound_shape: [h w c] of one spectrogram.
      num_classes: classes of the data set.
      stem_aligned: whether picture and sound of a pair are one moment.
      pitched: whether the data say which note is played.
    """

    image_shape: Shape
    sound_shape: Shape
    num_classes: int
    stem_aligned: bool
    pitched: bool = False

    def shape(self, modality: str) -> Shape:
        """[h w c] of one item of a modality, "image" or "sound"."""
        return {"image": self.image_shape, "sound": self.sound_shape}[modality]


@dataclasses.dataclass(frozen=True)
class Phase:
    """One part of a system's training, from its first step to its last.

    Attributes:
      name: names its folder of checkpoints and its metrics.
      steps: updates it makes.
      batch_size: items of the anchor per update.
      needs: what it reads of the data.
      seed: of initial weights and of all that is drawn inside the steps.
      order_seed: of the order of the items.
      init: (root key, finished phases) -> fresh state; pure, called under jit. A state
        is a tree of arrays with an attribute `step`.
      step: (state, batch) -> (state, scalar metrics); pure.
      inference: state -> the variables that are used once the phase is over.
      either_way: it is the same in both directions, so that a run may take it over from
        the run of the other direction.
      alternatives: state -> other variables that `inference` could have been, by name.
    """

    name: str
    steps: int
    batch_size: int
    needs: Needs
    seed: int
    order_seed: int
    init: Callable[[jax.Array, Finished], Any]
    step: Callable[[Any, Batch], tuple[Any, dict[str, jax.Array]]]
    inference: Callable[[Any], Tree]
    either_way: bool = False
    alternatives: Callable[[Any], dict[str, Tree]] = lambda state: {}


@dataclasses.dataclass(frozen=True)
class Recognition:
    """A classifier that a system trains for itself.

    Attributes:
      phase: whose inference variables it reads.
      logits: (variables, items in [-1, 1] [b h w c]) -> [b m].
    """

    phase: str
    logits: Callable[[Tree, Float[Array, "b h w c"]], Float[Array, "b m"]]


@dataclasses.dataclass(frozen=True)
class System:
    """One system, assembled.

    Attributes:
      task: what it was assembled for.
      directions: ways it generates in.
      phases: in the order of training; empty where nothing is trained.
      generating: phases whose inference variables `generate` reads.
      generate: (variables of those phases by name, sources, the noise of each source,
        direction) -> targets in [-1, 1]; pure. A target depends on its own source and
        noise alone, wherever its networks allow that.
      noise_size: numbers in the noise of one source; 0 where none is taken.
      recognitions: modality to the system's own classifier of it.
      looks: (variables of the phases that generate, sources) -> the attention map of
        the sources' encoder and its gate, which the map's output is multiplied by; None
        without attention.
      labels_used: ways in which labels help the generator to be recognised, for
        people; judged accuracies are printed beside them.
    """

    task: Task
    directions: tuple[Direction, ...]
    phases: tuple[Phase, ...]
    generating: tuple[str, ...]
    generate: Generate
    noise_size: int = 0
    recognitions: Mapping[str, Recognition] = dataclasses.field(default_factory=dict)
    looks: Looks | None = None
    labels_used: tuple[str, ...] = ()

    def draw_noise(self, keys: Key[Array, " b"]) -> Float[Array, "b m"]:
        """The noise of sources: standard normal, one key for each."""
        draw = functools.partial(jax.random.normal, shape=(self.noise_size,))
        return jax.vmap(draw)(keys)

    def phase(self, name: str) -> Phase:
        """The phase of that name.

        Raises:
          ValueError: there is none; lists those there are.
        """
        for phase in self.phases:
            if phase.name == name:
                return phase
        names = ", ".join(phase.name for phase in self.phases) or "none"
        raise ValueError(f"the system has no phase {name!r}; it has {names}.")

    def inference_shapes(self, names: tuple[str, ...]) -> dict[str, Tree]:
        """Shapes of the inference variables of some phases; computes nothing."""
        shapes: dict[str, Tree] = {}
        for phase in self.phases:
            shapes[phase.name] = jax.eval_shape(
                lambda finished, phase=phase: phase.inference(
                    phase.init(jax.random.key(0), finished)
                ),
                shapes,
            )
        return {name: shapes[name] for name in names}
