"""The directions that are served, and what they make of a source."""

import dataclasses
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.generation.media_out import Waveforms, waveform_maker
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.names import shown
from cmgan_jax.serving.critics import Critic, find_critics
from cmgan_jax.signals.direction import Direction

MOST_SAMPLES = 8
MOST_SEED = 1 << 20
_OTHER = 1 << 20  # between the seeds of the two noises of a circle


@dataclasses.dataclass(frozen=True)
class Way:
    """One direction of one model.

    Attributes:
      model: of this direction alone.
      prepared: the data it was trained on; None where they are not there.
      critics: of its targets; may be none.
      waveforms: makes its targets or sources audible; None where nothing can.
    """

    model: Model
    prepared: PreparedData | None
    critics: tuple[Critic, ...]
    waveforms: Waveforms | None

    @property
    def direction(self) -> Direction:
        """From which modality to which."""
        return self.model.direction

    @property
    def source_shape(self) -> tuple[int, int, int]:
        """[h w c] of a source."""
        return self.model.record.task.shape(self.direction.source)

    @property
    def takes_wholes(self) -> bool:
        """Whether whole recordings or films go this way: its sounds can be heard."""
        return self.model.record.representation.sound == "log_mel"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is asked of a way.

    Attributes:
      samples: results, each with noise of its own, 1 to MOST_SAMPLES.
      seed: of the noise, 0 to MOST_SEED - 1; sample i is sample 0 of seed + i.
      turn: how far each noise is turned on a circle, in [0, 1]. Both ends are what
        `generate` makes of the seed; all between are as likely.
    """

    samples: int = 4
    seed: int = 0
    turn: float = 0.0

    def __post_init__(self):
        for name, low, high in (
            ("samples", 1, MOST_SAMPLES),
            ("seed", 0, MOST_SEED - 1),
            ("turn", 0.0, 1.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}={value}: expected {low} to {high}.")


@dataclasses.dataclass(frozen=True)
class Result:
    """What was made.

    Attributes:
      target: uint8 [h w c], the very pixels that `generate` writes.
      waveform: in [-1, 1], of a sound that can be heard, else None.
      said: of every critic the probability of each class, in the order of both.
    """

    target: UInt8[np.ndarray, "h w c"]
    waveform: Float[np.ndarray, " t"] | None
    said: tuple[Float[np.ndarray, " m"], ...]


def open_ways(models: Iterable[Model], *, data: Path | None = None) -> dict[str, Way]:
    """The ways of models, by the modality that they take.

    Args:
      models: no two of one direction.
      data: folder of the prepared data they were trained on, if it is not where it was.
    """
    ways: dict[str, Way] = {}
    for model in models:
        prepared = _data_of(model, data)
        for direction in model.system.directions:
            one = model.one_way(direction)
            ways[direction.source] = Way(
                model=one,
                prepared=prepared,
                critics=find_critics(one, prepared),
                waveforms=waveform_maker(model.record.representation),
            )
    return ways


def _data_of(model: Model, data: Path | None) -> PreparedData | None:
    """The data a model was trained on, if they are to be found and still the same.

    Raises:
      ValueError: those that were named are others.
    """
    try:
        prepared = open_prepared(data or model.record.data)
    except (FileNotFoundError, ValueError):
        if data is not None:
            raise
        return None
    if prepared.digest == model.record.data_digest:
        return prepared
    if data is not None:
        raise ValueError(
            f"--data={shown(data)} holds other data than {model.workdir} was trained "
            "on: its judges know other classes, or its test split was trained on."
        )
    return None


def perform(way: Way, source: UInt8[np.ndarray, "h w c"], wish: Wish) -> list[Result]:
    """Results of one source, the same for the same wish.

    Args:
      way: that takes it.
      source: uint8 [h w c], as the data set stores it.
      wish: how many, and of which noise.
    """
    model, source = way.model, source[np.newaxis]
    noise = [
        _turned(
            model.draw_noise(source, seed=wish.seed + sample),
            model.draw_noise(source, seed=wish.seed + sample + _OTHER),
            wish.turn,
        )
        for sample in range(wish.samples)
    ]
    sources = source.repeat(wish.samples, axis=0)
    targets = model.generate(sources, noise=np.concatenate(noise))
    heard: Sequence[np.ndarray | None] = [None] * wish.samples
    if way.direction.target == "sound" and way.waveforms is not None:
        # One by one: each number of them would be a program of its own.
        heard = [way.waveforms(target[np.newaxis])[0] for target in targets]
    said = zip(*(critic.probabilities(targets) for critic in way.critics), strict=True)
    said = list(said) or [()] * wish.samples
    return [Result(*parts) for parts in zip(targets, heard, said, strict=True)]


def _turned(
    one: Float[np.ndarray, "1 z"], other: Float[np.ndarray, "1 z"], turn: float
) -> Float[np.ndarray, "1 z"]:
    """A point of the circle through two noises, as normal as they are."""
    angle = 2.0 * math.pi * (turn % 1.0)
    return (math.cos(angle) * one + math.sin(angle) * other).astype(np.float32)
