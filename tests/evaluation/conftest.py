"""Small data sets whose classes a judge can learn in seconds, and stand-in models."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from cmgan_jax.data.integrity import FORMAT, PREPARED_FILE
from cmgan_jax.data.items import Items, Split, make_items
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.signals.representation import Representation

SIZE = 16
CLASSES = ("dark", "middle", "bright")
LEVELS = np.array([40, 128, 215])


def make_rows(n: int, *, seed: int, rule=(0, 1, 2), songs: int = 6, channels=3):
    """n pictures (channels=3) or spectrograms; `rule` maps brightness to the label."""
    rng = np.random.default_rng(seed)
    brightness = np.arange(n) % 3
    noise = rng.normal(0, 20, (n, SIZE, SIZE, channels))
    array = np.clip(LEVELS[brightness][:, None, None, None] + noise, 0, 255)
    label = np.asarray(rule)[brightness]
    return make_items(
        array.astype(np.uint8),
        label=label,
        stem=[f"{seed}_{i}" for i in range(n)],
        song=brightness * songs + np.arange(n) // 3 % songs,
        performer=0,
    )


def make_data(path: Path, splits: dict[str, dict]) -> PreparedData:
    """Prepared data in memory; `splits` holds arguments of make_rows by name."""
    path.mkdir(parents=True, exist_ok=True)
    made = {}
    for i, (name, rows) in enumerate(splits.items()):
        image = make_rows(seed=2 * i, **rows)
        sound = make_rows(seed=2 * i + 1, channels=1, **rows)
        sound = dataclasses.replace(sound, stem=image.stem)
        made[name] = Split(image=image, sound=sound)
    described = ("dataset", "version", "representation", "class_names", "pairing")
    described += ("songs", "performers", "sha256")
    description = {"format": FORMAT, "splits": str(splits)} | dict.fromkeys(described)
    description["sha256"] = {}
    (path / PREPARED_FILE).write_text(json.dumps(description))
    return PreparedData(
        path=path,
        dataset="brightness",
        version="1.0.0",
        representation=Representation(
            image_size=SIZE, n_mels=SIZE, n_fft=2048, hop_length=735
        ),
        class_names=CLASSES,
        pairing="stem",
        songs=tuple(f"song {i}" for i in range(18)),
        performers=("Ada",),
        splits=made,
    )


@pytest.fixture(scope="session", name="make_data")
def _make_data():
    """(path, {split: arguments of make_rows}) -> prepared data."""
    return make_data


@pytest.fixture(scope="session", name="make_rows")
def _make_rows():
    """(n, seed=..., rule=..., songs=..., channels=...) -> Items."""
    return make_rows


@pytest.fixture(scope="session")
def with_columns():
    """(items, column=values) -> the same items with other columns."""

    def change(items: Items, **columns) -> Items:
        return dataclasses.replace(items, **columns)

    return change
