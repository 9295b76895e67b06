"""What a run looks at while it trains: a grid of samples of every direction."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.model import make_generate
from cmgan_jax.runs.record import RunRecord
from cmgan_jax.runs.writers import grid, write_picture
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.systems.interface import Finished, System

ROWS = 13  # of the sample grid


def make_sample(
    system: System, record: RunRecord, prepared: PreparedData, workdir: Path
) -> Callable[[int, Finished], dict[str, float]]:
    """Builds (step, inference variables by phase) -> scalars that also writes grids.

    A grid's columns are source, real target and generated target of evenly spread
    validation items; data without a validation split shows training items. It is
    called STEP.png, or STEP_DIRECTION.png where the system knows several directions.
    """
    generate = make_generate(system)
    limit = record.settings.run.validation_examples
    pairs = {way: _pairs(prepared, way, limit) for way in system.directions}

    def sample(step: int, finished: Finished) -> dict[str, float]:
        variables = {name: finished[name] for name in system.generating}
        for way, (sources, targets) in pairs.items():
            generated = generate(variables, sources, direction=way)
            pictures = [
                np.stack([as_picture(x) for x in column])
                for column in (sources, targets, generated)
            ]
            suffix = f"_{way.name}" if len(pairs) > 1 else ""
            file = workdir / "samples" / f"{step:06d}{suffix}.png"
            write_picture(file, grid(pictures))
        return {}

    return sample


def _pairs(
    prepared: PreparedData, direction: Direction, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """A few sources with their targets, evenly spread."""
    validates = "validation" in prepared.splits
    split = prepared.split("validation" if validates else "train")
    source, target = split.of(direction.source), split.of(direction.target)
    count = min(limit, ROWS, len(source))
    chosen = np.linspace(0, len(source) - 1, count).astype(int)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    return (
        np.asarray(source.array)[chosen],
        np.asarray(target.array)[partner[chosen]],
    )
