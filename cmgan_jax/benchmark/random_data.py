"""Prepared data of random pixels: what loading costs does not depend on them."""

from pathlib import Path

import numpy as np

from cmgan_jax.benchmark.workload import CLASSES
from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.signals.representation import Representation

ROWS_AT_ONCE = 1000


def make_random_data(folder: Path, *, pairs: int) -> PreparedData:
    """Packs stem-aligned random pairs as one training split and opens it.

    Args:
      folder: an existing directory.
      pairs: rows of the split.
    """
    classes = tuple(f"class{label:02d}" for label in range(CLASSES))
    representation = Representation()
    packer = Packer(
        folder, representation, Plan(classes, "stem", tasks={"train": ()}, songs=("x",))
    )
    draw = np.random.default_rng(0)

    def items(rows, shape):
        return make_items(
            draw.integers(0, 256, (len(rows), *shape), dtype=np.uint8),
            label=rows % CLASSES,
            song=np.zeros_like(rows),
            stem=[str(row) for row in rows],
        )

    for start in range(0, pairs, ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, pairs))
        shapes = representation.image_shape, representation.sound_shape
        packer.add("train", Split(*(items(rows, shape) for shape in shapes)))
    packer.finish(dataset="random", version="1.0.0")
    return open_prepared(folder)
