"""Trained systems of one or both directions as one object to call: media in, media out.

`cmgan_jax.load()` makes one.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cmgan_jax import shipped
from cmgan_jax.generation.made import Made, Picture, Sound
from cmgan_jax.generation.media_in import is_picture, read_loudest, read_sources
from cmgan_jax.media.pictures import crop_and_resize
from cmgan_jax.runs import model as runs
from cmgan_jax.runs.generating import BATCH_SIZE
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.weights import read_models, require_distinct
from cmgan_jax.runtime import buckets
from cmgan_jax.runtime.names import shown
from cmgan_jax.signals.direction import I2S, S2I, Direction

# A file, an array of a picture or a spectrogram, or what a translator made.
Given = str | Path | np.ndarray | Made


def load(*sources: str | Path) -> "Translator":
    """Trained systems, as `cmgan_jax.load` explains."""
    models = [
        model for source in sources or (shipped.DEFAULT,) for model in _open(source)
    ]
    require_distinct(models)
    return Translator(tuple(models))


def _open(source: str | Path) -> tuple[Model, ...]:
    path = buckets.own_copy(source) if buckets.in_bucket(source) else Path(source)
    if path.is_dir():
        return (runs.load(path),)
    if path.is_file():
        return read_models(path)
    if str(source) in shipped.NAMES:
        return read_models(shipped.locate(str(source)))
    raise FileNotFoundError(
        f"{shown(path)} is no workdir and no file of weights; the package has "
        f"{', '.join(shipped.NAMES)}."
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Translator:
    """Turns sounds into pictures and pictures into sounds, in the ways it has learnt.

    Attributes:
      models: the systems, no two of one direction. A model's `generate` takes and
        gives arrays as data sets store them, and noise where it is to be chosen.
    """

    models: tuple[Model, ...]

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The ways it has learnt."""
        return tuple(way for model in self.models for way in model.system.directions)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What it was trained on, such as instruments."""
        return self.models[0].record.class_names

    def model(self, direction: Direction | str) -> Model:
        """The system of one direction, "s2i" or "i2s".

        Raises:
          ValueError: it has not learnt this direction.
        """
        if isinstance(direction, str):
            direction = Direction.named(direction)
        for model in self.models:
            if direction in model.system.directions:
                return model.one_way(direction)
        known = ", ".join(way.title for way in self.directions)
        raise ValueError(
            f"this model does not turn {direction.title}: it was trained for {known}."
        )

    def direction_of(self, given: Given) -> Direction:
        """Which way something goes: pictures become sounds, sounds become pictures.

        Where only one way was learnt, it is that one. Of a film, the sound is taken.
        """
        if len(self.directions) == 1:
            return self.directions[0]
        if isinstance(given, str | Path):
            return I2S if is_picture(Path(given)) else S2I
        array = given if isinstance(given, np.ndarray) else given.array
        return I2S if array.shape[-1] == 3 else S2I

    def __call__(
        self,
        given: Given | Sequence[Given],
        *,
        samples: int | None = None,
        seed: int = 0,
        direction: Direction | str | None = None,
    ):
        """Makes a picture of a sound, or a sound of a picture.

        Args:
          given: a file of either; a picture as an array, uint8 [h w 3], of any size; a
            spectrogram as data sets store it, uint8 [m t 1]; what this made before; or
            a list of any of these. Of a longer sound its loudest window is taken, see
            `windows` for all of them.
          samples: how many results, each of other noise; None for one, not in a list.
          seed: of the noise; sample i is what seed + i gives.
          direction: "s2i" or "i2s"; by default chosen by what is given.

        Returns:
          A Picture or a Sound; a list of them for samples, a list of that for a list.

        Raises:
          MediaError: a file cannot be read; says why. It is a ValueError.
          FileNotFoundError: there is no such file.
          ValueError: this direction was not learnt, or an array fits nothing.
        """
        if isinstance(given, list | tuple):
            return [
                self(one, samples=samples, seed=seed, direction=direction)
                for one in given
            ]
        model = self.model(direction or self.direction_of(given))
        array, title = _source(given, model)
        made = [
            _made(model, array[None], [f"{title}, seed {number}"], seed=number)[0]
            for number in range(seed, seed + (samples or 1))
        ]
        return made[0] if samples is None else made

    def windows(
        self, sound: str | Path, *, hop_seconds: float = 0.5, seed: int = 0
    ) -> list[Picture]:
        """A picture of every window of a sound that is not silent, in time.

        Args:
          sound: the file, of any length.
          hop_seconds: time between the starts of neighbouring windows.
          seed: of the noise.

        Raises:
          As a call.
        """
        model, pictures = self.model(S2I), []
        sources = read_sources(
            Path(sound),
            model.record.representation,
            direction=S2I,
            hop_seconds=hop_seconds,
        )
        while batch := list(itertools.islice(sources, BATCH_SIZE)):
            titles = [
                f"{shown(Path(sound).name)} at {one.start_ms / 1000:g} s, seed {seed}"
                for one in batch
            ]
            arrays = np.stack([one.array for one in batch])
            pictures += _made(model, arrays, titles, seed=seed)
        return pictures

    def __repr__(self) -> str:
        ways = ", ".join(way.title for way in self.directions)
        return f"Translator({ways}; {', '.join(self.class_names)})"


def _source(given: Given, model: Model) -> tuple[UInt8[np.ndarray, "_ _ _"], str]:
    """What a model reads of something, and what to call it.

    Raises:
      MediaError: a file cannot be read.
      ValueError: an array is neither a picture nor a spectrogram of the model.
    """
    representation, direction = model.record.representation, model.direction
    if isinstance(given, str | Path):
        name = shown(Path(given).name)
        one = read_loudest(Path(given), representation, direction=direction)
        return (
            one.array,
            f"{name} at {one.start_ms / 1000:g} s" if one.start_ms else name,
        )
    array, title = (
        (given, "an array")
        if isinstance(given, np.ndarray)
        else (given.array, f"({given.title})")
    )
    expected = model.record.task.shape(direction.source)
    any_size = direction.source == "image" and array.shape[2:] == (3,)
    if array.dtype != np.uint8 or not (any_size or array.shape == expected):
        raise ValueError(
            f"an array of shape {list(array.shape)}, {array.dtype}: {direction.title} "
            f"takes {list(expected)}, uint8, pictures of any size."
        )
    if any_size:
        array = crop_and_resize(array, representation)
    return array, title


def _made(
    model: Model,
    sources: UInt8[np.ndarray, "n h w c"],
    titles: Sequence[str],
    *,
    seed: int,
) -> list[Made]:
    targets = model.generate(sources, seed=seed)
    pairs = zip(targets, titles, strict=True)
    if model.direction.target == "image":
        return [Picture(array, title) for array, title in pairs]
    return [Sound(array, model.record.representation, title) for array, title in pairs]
