"""Rows of one modality of one split, and the two modalities side by side.

TensorFlow-free: training and evaluation hosts read these from packed arrays.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int32, UInt8

from cmgan_jax.data.shards import ShardedArray

PAIRINGS = ("stem", "class")
COLUMNS = {
    "label": np.int32,
    "song": np.int32,
    "performer": np.int32,
    "time_ms": np.int32,
    "pitch": np.float32,
    "stem": np.str_,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Items:
    """Pictures or sounds, one per row, and what is known of each.

    Attributes:
      array: uint8 [n h w c], in memory or in mapped files. Pictures are RGB. Sounds
        follow the representation's `sound_shape`; row 0 of a log-mel is its lowest
        band.
      label: index into the data set's class names.
      song: index into the data set's songs, -1 where unknown.
      performer: index into the data set's performers, -1 where unknown.
      time_ms: start of the window within its song in ms, -1 where unknown.
      pitch: MIDI note number, NaN where unknown or silent.
      stem: the name two files of one moment share, unique within a split.
    """

    array: UInt8[np.ndarray | ShardedArray, "n h w c"]
    label: Int32[np.ndarray, " n"]
    song: Int32[np.ndarray, " n"]
    performer: Int32[np.ndarray, " n"]
    time_ms: Int32[np.ndarray, " n"]
    pitch: Float32[np.ndarray, " n"]
    stem: np.ndarray

    def __post_init__(self):
        rows = {name: len(column) for name, column in self.columns().items()}
        wrong = {name: n for name, n in rows.items() if n != len(self.array)}
        if wrong:
            raise ValueError(
                f"{len(self.array)} array rows, but {wrong} rows in other columns: "
                "every column of Items needs one entry per row."
            )

    def __len__(self) -> int:
        return len(self.array)

    def columns(self) -> dict[str, np.ndarray]:
        """Everything but the array, by name, each [n]."""
        return {name: getattr(self, name) for name in COLUMNS}

    def take(self, rows: Bool[np.ndarray, " n"] | Int[np.ndarray, " m"]) -> "Items":
        """Some of the rows, copied.

        Args:
          rows: which: true for those to take, or their indices.
        """
        columns = {name: column[rows] for name, column in self.columns().items()}
        return Items(self.array[rows], **columns)


@dataclasses.dataclass(frozen=True)
class Split:
    """The two modalities of one split.

    With stem pairing, image row i and sound row i are one moment; with class pairing
    they are separate lists that share only their labels.
    """

    image: Items
    sound: Items

    def of(self, modality: str) -> Items:
        """The rows of a modality, "image" or "sound"."""
        return {"image": self.image, "sound": self.sound}[modality]


def make_items(
    array: UInt8[np.ndarray, "n h w c"],
    *,
    label: int | Sequence[int] | Int[np.ndarray, " n"],
    stem: Sequence[str] | np.ndarray,
    song: int | Sequence[int] | Int[np.ndarray, " n"] = -1,
    performer: int | Sequence[int] | Int[np.ndarray, " n"] = -1,
    time_ms: int | Sequence[int] | Int[np.ndarray, " n"] = -1,
    pitch: float | Sequence[float] | Float[np.ndarray, " n"] = float("nan"),
) -> Items:
    """Items whose columns are given per row or once for all rows.

    Args:
      array: uint8 [n h w c], n >= 0.
      label: index into the class names.
      stem: n names, unique within the split.
      song: index into the songs, -1 where unknown.
      performer: index into the performers, -1 where unknown.
      time_ms: start of the window within its song, in ms, -1 where unknown.
      pitch: MIDI note number, NaN where unknown.

    Raises:
      ValueError: a column has another length than the array, or the array is not
        uint8 [n h w c].
    """
    if array.ndim != 4 or array.dtype != np.uint8:
        raise ValueError(
            f"array is {array.dtype} {list(array.shape)}; expected uint8 [n h w c]."
        )
    given = {
        "label": label,
        "song": song,
        "performer": performer,
        "time_ms": time_ms,
        "pitch": pitch,
        "stem": stem,
    }
    columns = {}
    for name, value in given.items():
        column = np.asarray(value, dtype=COLUMNS[name])
        columns[name] = np.full(len(array), column) if column.ndim == 0 else column
    return Items(array, **columns)
