"""What there is to say of every generated target of a split: one row per source.

Everything that is measured is computed from this table, which `one_pass` makes.
"""

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int, UInt8

from cmgan_jax.runtime.whole_file import read_npz, write_npz

OWN_FILE = ("generated", "real")  # columns that are not stored


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
      pitch_row: some rows of every class whose source has a pitch, [p].
      read_pitch: what a regression reads off the generated targets of those rows, MIDI
        note numbers, NaN where it knows too little of the class, [p].
      real_read_pitch: the same of the real targets.
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
    pitch_row: Int[np.ndarray, " p"]
    read_pitch: Float32[np.ndarray, " p"]
    real_read_pitch: Float32[np.ndarray, " p"]
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


def _likeliest(logits: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.argmax(column, axis=-1) for name, column in logits.items()}
