"""An array in several files of bounded size, read as one.

The first file of an array is image.npy, those after it image_00001.npy, ...; a small
array is one shard. TensorFlow-free.
"""

import math
import pathlib
import warnings
from collections.abc import Sequence

import numpy as np

# What a store takes in one request and a copy that broke off costs again.
SHARD_BYTES = 4 << 30
_AGAIN = "prepare the data again."


def shard_file(folder: pathlib.Path, kind: str, number: int) -> pathlib.Path:
    """The file of a shard, counted from 0, of an array "image" or "sound"."""
    return folder / (f"{kind}_{number:05}.npy" if number else f"{kind}.npy")


def column_file(folder: pathlib.Path, kind: str, name: str) -> pathlib.Path:
    """The file of a column of an array of several shards."""
    return folder / f"{kind}_{name}.npy"


def rows_of_a_shard(row_shape: Sequence[int]) -> int:
    """How many uint8 rows every shard but the last one has."""
    return max(1, SHARD_BYTES // math.prod(row_shape))


class ShardedArray:
    """Arrays that follow one another in their first axis, read like one NumPy array.

    What is read is copied: rows by number, by a list or array of numbers, by a mask or
    by a slice. Nothing else is read, so that shards may be mapped.

    Attributes:
      shape: of the whole.
      dtype: of the whole.
      ndim: length of the shape.
      nbytes: of the whole.
      count: of the shards.
    """

    def __init__(self, shards: Sequence[np.ndarray]):
        """Reads nothing.

        Args:
          shards: at least one, [n ...], of one dtype and equal but for n.
        """
        self._shards = [np.asarray(shard) for shard in shards]
        # The index: between which of all rows each shard lies.
        self._ends = np.cumsum([len(shard) for shard in shards])
        self._begins = np.append(0, self._ends[:-1])
        self.shape = (int(self._ends[-1]), *shards[0].shape[1:])
        self.dtype, self.ndim = shards[0].dtype, shards[0].ndim
        self.nbytes = sum(shard.nbytes for shard in shards)
        self.count = len(shards)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows) -> np.ndarray:
        """The rows asked for, copied.

        Raises:
          IndexError: there is no such row.
        """
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        rows = np.asarray(rows)
        if rows.dtype == bool:
            rows = self._numbers(rows)
        places = np.where(rows < 0, rows + len(self), rows).reshape(-1)
        if ((places < 0) | (places >= len(self))).any():
            raise IndexError(f"rows {rows} of an array of {len(self):,} rows.")
        found = np.empty((len(places), *self.shape[1:]), self.dtype)
        shards = np.searchsorted(self._ends, places, side="right")
        within = places - self._begins[shards]
        for row, (shard, place) in enumerate(zip(shards, within, strict=True)):
            found[row] = self._shards[shard][place]
        return found.reshape(*rows.shape, *self.shape[1:])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """All rows; of a single shard nothing is copied."""
        if self.count == 1:
            return np.array(self._shards[0], dtype, copy=copy)
        if copy is False:
            raise ValueError("rows of several shards become one array by copying only.")
        return np.concatenate(self._shards, dtype=dtype)

    def _numbers(self, mask: np.ndarray) -> np.ndarray:
        if mask.shape != (len(self),):
            raise IndexError(
                f"a mask {list(mask.shape)} of an array of {len(self):,} rows."
            )
        return np.flatnonzero(mask)


def map_shards(folder: pathlib.Path, kind: str, shape: tuple[int, ...]) -> ShardedArray:
    """The uint8 array of a kind, mapped; nothing but headers is read.

    Args:
      folder: of the split.
      kind: "image" or "sound".
      shape: what the array is to be, [n ...]; says how many shards there are.

    Raises:
      FileNotFoundError: a shard is missing.
      ValueError: names one that is damaged or not what it is to be.
    """
    shards, rows = [], 0
    while not shards or rows < shape[0]:
        file = shard_file(folder, kind, len(shards))
        shards.append(map_array(file))
        rows += len(shards[-1])
        if shards[-1].shape[1:] != shape[1:] or shards[-1].dtype != np.uint8:
            break
    else:
        if rows == shape[0]:
            return ShardedArray(shards)
    raise ValueError(
        f"{file} is {shards[-1].dtype} {list(shards[-1].shape)} and ends with row "
        f"{rows:,} of the whole; uint8 {list(shape)} was prepared: {_AGAIN}"
    )


def map_array(file: pathlib.Path) -> np.ndarray:
    """The array of one .npy file, mapped; nothing but its header is read.

    Raises:
      FileNotFoundError: the file is missing.
      ValueError: its header is damaged, or it is cut short or too long.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: {_AGAIN}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            array = np.lib.format.open_memmap(file, mode="r")
    except Exception as error:
        # NumPy's parser raises whatever damaged bytes lead to: ValueError, EOFError,
        # TokenError, struct.error and others; what has a number is the system's.
        if getattr(error, "errno", None):
            raise
        raise ValueError(f"{file} is damaged ({error}): {_AGAIN}") from error
    expected = array.offset + array.nbytes
    if file.stat().st_size != expected or not array.flags.c_contiguous:
        raise ValueError(
            f"{file} has {file.stat().st_size:,} bytes, {expected:,} expected: {_AGAIN}"
        )
    return array
