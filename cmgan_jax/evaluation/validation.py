"""What a run looks at while it trains: a grid of samples."""

from pathlib import Path
from typing import Any

import numpy as np

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.model import make_generate
from cmgan_jax.runs.phases import Sample
from cmgan_jax.runs.record import RunRecord
from cmgan_jax.runs.writers import grid, write_picture
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.systems.interface import System

ROWS = 13  # of the sample grid


def make_sample(
    system: System, record: RunRecord, prepared: PreparedData, workdir: Path
) -> Sample:
    """Builds (step, variables) -> scalars that also writes a grid.

    The grid's columns are source, real target and generated target of evenly spread
    validation items; data without a validation split shows training items.
    """
    (direction,) = system.directions
    (phase,) = system.generating
    validates = "validation" in prepared.splits
    split = prepared.split("validation" if validates else "train")
    source, target = split.of(direction.source), split.of(direction.target)
    count = min(record.settings.run.validation_examples, len(source))
    chosen = np.linspace(0, len(source) - 1, count).astype(int)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    sources = np.asarray(source.array)[chosen]
    targets = np.asarray(target.array)[partner[chosen]]
    generate = make_generate(system)
    shown = np.linspace(0, count - 1, min(ROWS, count)).astype(int)

    def sample(step: int, variables: Any) -> dict[str, float]:
        generated = generate({phase: variables}, sources, direction=direction)
        columns = [sources[shown], targets[shown], generated[shown]]
        pictures = [np.stack([as_picture(x) for x in column]) for column in columns]
        write_picture(workdir / "samples" / f"{step:06d}.png", grid(pictures))
        return {}

    return sample
