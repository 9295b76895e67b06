"""One pass over a split: a target of every source, and all looks at it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from cmgan_jax.data.items import Items
from cmgan_jax.data.order import others, partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.rows_by_label import spread, spread_by_label
from cmgan_jax.evaluation.judge_training import rows_for_judges
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.nearest import nearest_of_class
from cmgan_jax.evaluation.pitch_reader import read_pitch
from cmgan_jax.evaluation.table import Table
from cmgan_jax.runtime import processes
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.signals.direction import Direction
from cmgan_jax.training.loop import Interrupted

CHUNK = 512  # sources generated between two lines of progress
AGAIN = 256  # sources that are generated a second time, with other noise
PITCHED = 48  # sources of every class whose targets' pitch is read


@runtime_checkable
class Generates(Protocol):
    """What the table asks of a model; see `runs.model.Model`."""

    def generate(
        self, sources: np.ndarray, *, direction: Direction | None, seed: int
    ) -> np.ndarray:
        """uint8 [n h w c] -> uint8 [n h w c]."""


def make_table(
    model: Generates,
    judges: Mapping[str, Sequence[Judge]],
    prepared: PreparedData,
    *,
    split: str,
    direction: Direction,
    seed: int = 0,
    shuffled: bool = False,
) -> Table:
    """Generates a target for every source of a split and looks at all of them.

    What the judges see is the uint8 array that `generate` would write to a file. Each
    of several processes looks at its share; all get the whole table.

    Args:
      model: what generates.
      judges: those of each modality; they look at targets and at the rows' own sources.
      prepared: the data set; nearest items are looked for in its split "train".
      split: name of the split.
      direction: from which modality to which.
      seed: of the noise, and of the partners where pairing is by class.
      shuffled: every target is generated from a source of another class, and judged as
        if it were of its row's: what an accuracy is worth without the source.
    """
    rows = prepared.split(split)
    source, target = rows.of(direction.source), rows.of(direction.target)
    trained = prepared.split("train").of(direction.target)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=seed)
    given = np.arange(len(source))
    if shuffled:
        given = others(source.label, seed=seed)
    own = processes.own_rows(len(source))
    sources = source.array[given[own]]
    noise = {"direction": direction, "seed": seed}
    name = f"{direction.title}, {split}"
    generated = _generate(model, sources, name=name, **noise)
    columns = _columns(
        generated,
        target.array[partner[own]],
        source.label[own],
        judges=judges[direction.target],
        trained=trained,
    )
    again = _spread_mask(len(source), AGAIN)[own]
    columns["response"] = _response(model, sources, generated, again, **noise)
    columns["source_logits"] = {
        judge.name: judge.logits(source.array[own])
        for judge in judges[direction.source]
    }
    columns = processes.gathered(columns, len(source))
    shown = spread_by_label(source.label, 1)
    return Table(
        class_names=prepared.class_names,
        label=source.label,
        song=source.song,
        performer=source.performer,
        pitch=source.pitch,
        shown_row=shown,
        shown=columns["generated"][shown],
        **columns,
        **_pitch_columns(
            columns,
            source,
            prepared.split(rows_for_judges(prepared)).of(direction.target),
        ),
    )


def _pitch_columns(
    columns: Mapping[str, Any], source: Items, known: Items
) -> dict[str, np.ndarray]:
    """Notes read off generated and real targets, of some rows of every class."""
    pitched = np.flatnonzero(~np.isnan(source.pitch))
    rows = pitched[spread_by_label(source.label[pitched], PITCHED)]
    # Together, so that what reads them is learnt once.
    both = np.concatenate([columns["generated"][rows], columns["real"][rows]])
    read = read_pitch(both, np.tile(source.label[rows], 2), known=known)
    made, real = np.split(read, 2)
    return {"pitch_row": rows, "read_pitch": made, "real_read_pitch": real}


def _columns(
    generated: UInt8[np.ndarray, "n h w c"],
    real: UInt8[np.ndarray, "n h w c"],
    label: Int[np.ndarray, " n"],
    *,
    judges: Sequence[Judge],
    trained: Items,
) -> dict[str, Any]:
    """What is seen in generated and real targets of the same pairs, by column."""
    columns: dict[str, Any] = {"generated": generated, "real": real}
    row, distance = nearest_of_class(
        np.concatenate([generated, real]),
        np.tile(label, 2),
        among=trained.array,
        among_label=trained.label,
    )
    halves = slice(len(label)), slice(len(label), None)
    kinds = zip(("", "real_"), (generated, real), halves, strict=True)
    for prefix, items, half in kinds:
        looks = {judge.name: judge.look(items) for judge in judges}
        columns |= {
            f"{prefix}logits": {name: logits for name, (_, logits) in looks.items()},
            f"{prefix}features": looks[judges[0].name][0],
            f"{prefix}nearest_row": row[half],
            f"{prefix}nearest_distance": distance[half],
        }
    return columns


def _generate(
    model: Generates, sources: np.ndarray, *, direction: Direction, seed: int, name: str
) -> UInt8[np.ndarray, "n h w c"]:
    progress = Progress(f"evaluate {name}", len(sources), unit="items")
    parts = []
    for start in range(0, len(sources), CHUNK):
        part = sources[start : start + CHUNK]
        parts.append(model.generate(part, direction=direction, seed=seed))
        progress.update(start + len(part))
        if processes.stop_agreed():
            raise Interrupted("stopped while evaluating.")
    return np.concatenate(parts)


def _response(
    model: Generates,
    sources: np.ndarray,
    generated: np.ndarray,
    chosen: Bool[np.ndarray, " n"],
    *,
    direction: Direction,
    seed: int,
) -> Float32[np.ndarray, " n"]:
    """How far targets of another seed are, of the sources chosen."""
    response = np.full(len(sources), np.nan, np.float32)
    again = model.generate(sources[chosen], direction=direction, seed=seed + 1)
    change = generated[chosen].astype(np.float32) - again.astype(np.float32)
    response[chosen] = np.sqrt(np.mean(change**2, axis=(1, 2, 3)))
    return response


def _spread_mask(n: int, count: int) -> Bool[np.ndarray, " n"]:
    """Which of n rows are chosen if so many are, evenly spread."""
    chosen = np.zeros(n, bool)
    chosen[spread(n, count)] = True
    return chosen
