"""What a run looks at while it trains: grids of samples, and what judges say."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.rows_by_label import spread
from cmgan_jax.evaluation.distance import distance_within_classes
from cmgan_jax.evaluation.judges import Judge, require_judges, stored_judges
from cmgan_jax.evaluation.likeness import spread_ratio
from cmgan_jax.runs.checkpoints import SCORE
from cmgan_jax.runs.generating import make_generate
from cmgan_jax.runs.phases import scored
from cmgan_jax.runs.record import RunRecord
from cmgan_jax.runs.writers import grid, write_picture
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.systems.interface import Finished, System

ROWS = 13  # of a sample grid


@dataclasses.dataclass(frozen=True)
class _Pairs:
    """Evenly spread sources with their real targets, and who judges the targets."""

    sources: UInt8[np.ndarray, "n _ _ _"]
    targets: UInt8[np.ndarray, "n _ _ _"]
    label: Int[np.ndarray, " n"]
    judges: tuple[Judge, ...]


def make_sample(
    system: System, record: RunRecord, prepared: PreparedData, workdir: Path
) -> Callable[[int, Finished], dict[str, float]]:
    """Builds (step, variables by phase, alternative) -> scalars that also writes grids.

    A grid's columns are source, real target and generated target of evenly spread
    validation items, with the names of their classes beside them; see `look` for the
    scalars. Data without a validation split show training items and log none; without
    judges no accuracy is logged. A grid is called STEP.png, or STEP_DIRECTION.png where
    the system knows several directions, and then scalars are named after the direction
    as well, the mean of their distances beside them; of an alternative to the variables
    that generate, grid and scalars are named after it.

    Raises:
      ValueError: the run is to be chosen on validation and the data have no such split.
    """
    generate = make_generate(system)
    validates = "validation" in prepared.splits
    if record.settings.run.choose_on_validation:
        _prepare_choice(system, prepared)
    limit = record.settings.run.validation_examples
    pairs = {way: _pairs(prepared, way, limit) for way in system.directions}
    if not validates:
        print("No validation split: sample grids show training items, no accuracy.")
    elif not all(some.judges for some in pairs.values()):
        print("No judges are stored with the data: no validation accuracy is logged.")

    def sample(step: int, finished: Finished, alternative: str) -> dict[str, float]:
        variables = {name: finished[name] for name in system.generating}
        scalars, distances = {}, []
        for way, some in pairs.items():
            generated = generate(variables, some.sources, direction=way)
            suffix = scored(f"_{way.name}" if len(pairs) > 1 else "", alternative)
            path = workdir / "samples" / f"{step:06d}{suffix}.png"
            _write_grid(path, some, generated, prepared.class_names)
            if validates:
                seen = look(generated, some.targets, some.label, some.judges)
                scalars |= {name + suffix: value for name, value in seen.items()}
                distances.append(seen.get(SCORE))
        if len(distances) > 1 and None not in distances:
            scalars[scored(SCORE, alternative)] = float(np.mean(distances))
        return scalars

    return sample


def _prepare_choice(system: System, prepared: PreparedData) -> None:
    """Sees to a validation split and to judges, whose features choose."""
    if "validation" not in prepared.splits:
        raise ValueError(
            f"config.run.choose_on_validation needs a validation split, and "
            f"{prepared.path} has none: give --config.run.choose_on_validation=False, "
            "or prepare data with one."
        )
    for way in system.directions:
        require_judges(prepared, way.target)


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
      "validation_accuracy" of the strictest judge, in [0, 1], and
      "validation_distance", see `distance_within_classes`, where there are judges, and
      "validation_diversity", see `likeness.diversity`, where it is known.
    """
    scalars = {}
    if judges:
        right = [np.mean(judge.guess(generated) == label) for judge in judges]
        scalars["validation_accuracy"] = float(min(right))
        seen = (judges[0].features(items) for items in (generated, real))
        distance = distance_within_classes(*seen, label)
        if distance is not None:
            scalars[SCORE] = distance
    names = tuple(map(str, range(int(label.max()) + 1)))
    diversity = spread_ratio(names, label, generated, real)
    if diversity["mean"] is not None:
        scalars["validation_diversity"] = diversity["mean"]
    return scalars


def _pairs(prepared: PreparedData, direction: Direction, limit: int) -> _Pairs:
    validates = "validation" in prepared.splits
    split = prepared.split("validation" if validates else "train")
    source, target = split.of(direction.source), split.of(direction.target)
    chosen = spread(len(source), limit)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    return _Pairs(
        sources=source.array[chosen],
        targets=target.array[partner[chosen]],
        label=source.label[chosen],
        judges=stored_judges(prepared, direction.target) if validates else (),
    )


def _write_grid(
    path: Path, pairs: _Pairs, generated: np.ndarray, class_names: Sequence[str]
) -> None:
    shown = spread(len(generated), ROWS)
    columns = [pairs.sources[shown], pairs.targets[shown], generated[shown]]
    pictures = [np.stack([as_picture(x) for x in column]) for column in columns]
    names = [class_names[label] for label in pairs.label[shown]]
    write_picture(path, grid(pictures, names=names))
