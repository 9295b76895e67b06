"""Small prepared data, packed the way the builders pack theirs."""

import numpy as np
import pytest

from cmgan_jax.data import shards
from cmgan_jax.data.items import Items, Split, make_items
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)


def random_items(labels: np.ndarray, shape: tuple, *, seed: int) -> Items:
    rng = np.random.default_rng(seed)
    return make_items(
        rng.integers(0, 256, (len(labels), *shape), dtype=np.uint8),
        label=labels,
        song=np.arange(len(labels)) % 3,
        time_ms=np.arange(len(labels)) * 100,
        stem=[f"s{row}" for row in range(len(labels))],
    )


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """Packs one train split with the labels given and opens it.

    Pictures have 768 bytes and sounds 4,096.
    """

    def packed(
        image_labels, sound_labels, *, pairing, folder="packed", shard_bytes=10**9
    ):
        monkeypatch.setattr(shards, "SHARD_BYTES", shard_bytes)
        folder = tmp_path / folder
        folder.mkdir()
        plan = Plan(
            ("a", "b", "c"), pairing, tasks={"train": ()}, songs=("x", "y", "z")
        )
        packer = Packer(folder, REPRESENTATION, plan)
        image_labels, sound_labels = np.array(image_labels), np.array(sound_labels)
        rows = Split(
            random_items(image_labels, REPRESENTATION.image_shape, seed=1),
            random_items(sound_labels, REPRESENTATION.sound_shape, seed=2),
        )
        packer.add("train", rows)
        packer.finish(dataset="random", version="1.0.0")
        return open_prepared(folder)

    return packed
