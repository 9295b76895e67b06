"""Systems that need no training: targets are made of a source's mean and of noise."""

import math
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.generation import generate_files
from cmgan_jax.generation.request import Request
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.record import RunRecord
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.interface import System, Task

RATE = 22050
# 16 bands and 16 frames.
SMALL = Representation(image_size=16, n_mels=16, hop_length=735, n_fft=2048)


def system_of(name: str, representation: Representation) -> System:
    shapes = {
        "image": representation.image_shape,
        "sound": representation.sound_shape,
    }
    task = Task(
        image_shape=shapes["image"],
        sound_shape=shapes["sound"],
        num_classes=2,
        stem_aligned=True,
    )

    def generate(finished, sources, noise, direction):
        shape = shapes[direction.target]
        noise = noise[:, : math.prod(shape)].reshape(-1, *shape)
        mean = jnp.mean(sources.astype(jnp.float32), axis=(1, 2, 3), keepdims=True)
        return jnp.clip(mean / 300 + noise / 4, -1, 1)

    return System(
        task=task,
        directions=(Direction.named(name),),
        phases=(),
        generating=(),
        generate=generate,
        noise_size=math.prod(representation.image_shape),
    )


@pytest.fixture(scope="session")
def toy_model() -> Callable[..., Model]:
    """(direction, representation) -> a model that generates without being trained."""

    def make(name: str, representation: Representation = SMALL) -> Model:
        system = system_of(name, representation)
        record = RunRecord(
            config={},
            task=system.task,
            data="",
            data_digest="",
            dataset="toy",
            representation=representation,
            class_names=("a", "b"),
            versions={},
        )
        return Model(
            workdir=Path("toy"),
            record=record,
            system=system,
            step=1,
            digest="0",
            variables={},
        )

    return make


@pytest.fixture(scope="session")
def s2i(toy_model):
    return toy_model("s2i")


@pytest.fixture(scope="session")
def i2s(toy_model):
    return toy_model("i2s")


@pytest.fixture(autouse=True)
def quick_waveforms(monkeypatch):
    """Noise instead of inverted spectrograms, which are tested in test_media_out."""

    def maker(representation):
        draw = np.random.default_rng(0)
        length = representation.window_samples
        return lambda sounds: draw.uniform(-1, 1, (len(sounds), length))

    monkeypatch.setattr(generate_files, "waveform_maker", maker)


def tone(seconds: float, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture
def sound():
    """(path, seconds, hertz) -> a tone written there, folders made."""

    def write(path: Path, seconds: float = 0.5, hertz: float = 440.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = path.suffix[1:].upper() or "WAV"
        soundfile.write(path, tone(seconds, hertz), RATE, format=kind)
        return path

    return write


@pytest.fixture
def picture():
    """(path, number) -> a picture written there that no other number gives."""

    def write(path: Path, number: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw = np.random.default_rng(number)
        pixels = draw.integers(0, 256, (40, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def generate():
    """(model, input, output, changed flags) -> what `generate_files` returns."""

    def run(model, given, output, **changed):
        on_bad = changed.pop("on_bad", "fail")
        request = Request(output, **({"whole": False} | changed))
        return generate_files.generate_files(model, given, request, on_bad=on_bad)

    return run


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def files_in():
    """A folder -> its files' contents by path."""
    return tree
