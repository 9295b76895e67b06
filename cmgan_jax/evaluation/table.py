"""What there is to say of every generated target of a split: one row per source.

Everything that is measured is computed from this table, made in one pass.
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt8

from cmgan_jax.data.items import Items
from cmgan_jax.data.order import others, partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.nearest import nearest_of_class
from cmgan_jax.runtime import processes
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.runtime.whole_file import read_npz, write_npz
from cmgan_jax.signals.direction import Direction
from cmgan_jax.training.loop import Interrupted

CHUNK = 512  # sources generated between two lines of progress
AGAIN = 256  # sources that are generated a second time, with other noise
OWN_FILE = ("generated", "real")  # columns that are not stored


@runtime_checkable
class Generates(Protocol):
    """What the table asks of a model; see `runs.model.Model`."""

    def generate(
        self, sources: np.ndarray, *, direction: Direction | None, seed: int
    ) -> np.ndarray:
        """uint8 [n h w c] -> uint8 [n h w c]."""


@dataclasses.dataclass(frozen=True)
class Table:
    """The sources of one split in stored order, and what became of them.

    Attributes:
      class_names: in label order.
      label: class of the source, [n].
      song: of the source, -1 where unknown, [n].
      performer: of the source, -1 where unknown, [n].
      pitch: of the source, MIDI note number or NaN, [n].
      logits: name of a judge -> what it sees in the generated target, one logit per
        class, [n m].
      real_logits: the same of the real target of the same pair.
      source_logits: the same of the source, by the judges of its modality.
      features: of the generated target, by the first judge, [n f].
      real_features: of the real target.
      nearest_row: row of the training item of the source's class that is nearest to the
        generated target, -1 where there is none, [n].
      nearest_distance: its root mean square distance, in grey levels, [n].
      real_nearest_row: the same of the real target.
      real_nearest_distance: the same of the real target.
      response: root mean square distance, in grey levels, between two targets of one
        source with different noise; NaN where only one was generated, [n].
      shown_row: of the middle source of every class, [s].
      shown: generated targets of those rows, which a stored table keeps, uint8
        [s h w c].
      generated: targets, uint8 [n h w c]; None in a stored table.
      real: real targets of the same pairs, uint8 [n h w c]; None in a stored table.
    """

    class_names: tuple[str, ...]
    label: Int[np.ndarray, " n"]
    song: Int[np.ndarray, " n"]
    performer: Int[np.ndarray, " n"]
    pitch: Float32[np.ndarray, " n"]
    logits: Mapping[str, Float32[np.ndarray, "n m"]]
    real_logits: Mapping[str, Float32[np.ndarray, "n m"]]
    source_logits: Mapping[str, Float32[np.ndarray, "n m"]]
    features: Float32[np.ndarray, "n f"]
    real_features: Float32[np.ndarray, "n f"]
    nearest_row: Int[np.ndarray, " n"]
    nearest_distance: Float32[np.ndarray, " n"]
    real_nearest_row: Int[np.ndarray, " n"]
    real_nearest_distance: Float32[np.ndarray, " n"]
    response: Float32[np.ndarray, " n"]
    shown_row: Int[np.ndarray, " s"]
    shown: UInt8[np.ndarray, "s h w c"]
    generated: UInt8[np.ndarray, "n h w c"] | None = None
    real: UInt8[np.ndarray, "n h w c"] | None = None

    def __len__(self) -> int:
        return len(self.label)

    @property
    def judges(self) -> tuple[str, ...]:
        """Names of the judges that were asked."""
        return tuple(self.logits)

    @functools.cached_property
    def guess(self) -> dict[str, Int[np.ndarray, " n"]]:
        """Name of a judge -> class it sees in the generated target, [n]."""
        return _likeliest(self.logits)

    @functools.cached_property
    def real_guess(self) -> dict[str, Int[np.ndarray, " n"]]:
        """The same of the real target."""
        return _likeliest(self.real_logits)

    def save(self, path: Path) -> None:
        """Writes everything but the pictures as one .npz file, whole or not at all."""
        columns: dict[str, np.ndarray] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Mapping):
                entries = value.items()
                columns |= {f"{field.name}/{name}": column for name, column in entries}
            elif field.name not in OWN_FILE:
                columns[field.name] = np.asarray(value)
        write_npz(path, columns)

    @classmethod
    def load(cls, path: Path) -> "Table":
        """A stored table, without pictures.

        Raises:
          FileNotFoundError: there is none.
          ValueError: the file is damaged.
        """
        try:
            return cls._of(read_npz(path))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} is damaged ({error}): remove it and evaluate again."
            ) from error

    @classmethod
    def _of(cls, columns: Mapping[str, np.ndarray]) -> "Table":
        fields: dict[str, object] = {}
        for name, column in columns.items():
            field, _, judge = name.partition("/")
            if judge:
                fields.setdefault(field, {})[judge] = column
            else:
                fields[field] = column
        names = tuple(str(name) for name in fields["class_names"])
        return cls(**fields | {"class_names": names})


def middle_rows(label: Int[np.ndarray, " n"]) -> Int[np.ndarray, " s"]:
    """The middle row of every class that has any."""
    each = (np.flatnonzero(label == one) for one in np.unique(label))
    return np.array([rows[len(rows) // 2] for rows in each])


def _likeliest(logits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.argmax(column, axis=-1) for name, column in logits.items()}


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
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=seed)
    given = np.arange(len(source))
    if shuffled:
        given = others(source.label, seed=seed)
    own = processes.own_rows(len(source))
    sources = np.asarray(source.array[given[own]])
    noise = {"direction": direction, "seed": seed}
    name = f"{direction.title}, {split}"
    generated = _generate(model, sources, name=name, **noise)
    columns = _columns(
        generated,
        np.asarray(target.array[partner[own]]),
        source.label[own],
        judges=judges[direction.target],
        trained=prepared.split("train").of(direction.target),
    )
    again = _spread(len(source), AGAIN)[own]
    columns["response"] = _response(model, sources, generated, again, **noise)
    columns["source_logits"] = {
        judge.name: judge.logits(source.array[own])
        for judge in judges[direction.source]
    }
    columns = processes.gathered(columns, len(source))
    shown = middle_rows(source.label)
    return Table(
        class_names=prepared.class_names,
        label=source.label,
        song=source.song,
        performer=source.performer,
        pitch=source.pitch,
        shown_row=shown,
        shown=columns["generated"][shown],
        **columns,
    )


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


def _spread(n: int, count: int) -> Bool[np.ndarray, " n"]:
    """Which of n rows are chosen if so many are, evenly spread."""
    chosen = np.zeros(n, bool)
    chosen[np.linspace(0, n - 1, min(count, n)).astype(int)] = True
    return chosen
