"""What a run looks at while it trains: a grid of samples, and what judges say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.judges import Judge, stored_judges
from cmgan_jax.evaluation.metrics import spread_ratio
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
    validation items; see `look` for the scalars. Data without a validation split show
    training items and log none; without judges no accuracy is logged.
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
    label = source.label[chosen]
    judges = stored_judges(prepared, direction.target) if validates else ()
    if not validates:
        print("No validation split: sample grids show training items, no accuracy.")
    elif not judges:
        print("No judges are stored with the data: no validation accuracy is logged.")
    generate = make_generate(system)
    shown = np.linspace(0, count - 1, min(ROWS, count)).astype(int)

    def sample(step: int, variables: Any) -> dict[str, float]:
        generated = generate({phase: variables}, sources, direction=direction)
        columns = [sources[shown], targets[shown], generated[shown]]
        pictures = [np.stack([as_picture(x) for x in column]) for column in columns]
        write_picture(workdir / "samples" / f"{step:06d}.png", grid(pictures))
        if not validates:
            return {}
        return look(generated, targets, label, judges)

    return sample


def look(
    generated: UInt8[np.ndarray, "n h w c"],
    real: UInt8[np.ndarray, "n h w c"],
    label: Int[np.ndarray, " n"],
    judges: Sequence[Judge],
) -> dict[str, float]:
    """What is logged of generated targets.

    Args:
      generated: one for every source.
      real: targets of the same pairs.
      label: classes of the sources.
      judges: of the targets' modality; may be none.

    Returns:
      "validation_accuracy" of the strictest judge, in [0, 1], where there is one, and
      "validation_diversity", see `metrics.diversity`, where it is known.
    """
    scalars = {}
    if judges:
        right = [np.mean(judge.guess(generated) == label) for judge in judges]
        scalars["validation_accuracy"] = float(min(right))
    names = tuple(map(str, range(int(label.max()) + 1)))
    diversity = spread_ratio(names, label, generated, real)
    if diversity["mean"] is not None:
        scalars["validation_diversity"] = diversity["mean"]
    return scalars
