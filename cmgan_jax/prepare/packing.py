"""Writing prepared data: rows appended to .npy files as they arrive.

The counterpart of `prepared`, TensorFlow-free as well. prepared.json is written last,
so a directory without it is not finished.
"""

import pathlib

import numpy as np

from cmgan_jax.data.integrity import (
    FORMAT,
    MODALITIES,
    file_digest,
    write_description,
)
from cmgan_jax.data.items import COLUMNS, Items, Split
from cmgan_jax.data.shards import column_file, map_array, rows_of_a_shard, shard_file
from cmgan_jax.prepare.judging import JUDGING, TRAIN, split_names
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.signals.representation import Representation


class Packer:
    """Packs the rows of every split into one directory."""

    def __init__(
        self, folder: pathlib.Path, representation: Representation, plan: Plan
    ):
        """Writes nothing yet.

        Args:
          folder: an existing directory.
          representation: fixes the shapes of the rows.
          plan: class names, pairing, songs, performers, names of the splits.
        """
        self._folder = folder
        self._representation = representation
        self._plan = plan
        self._rows = {
            (split, kind): _Rows(folder / split, kind, shape)
            for split in split_names(plan)
            for kind, shape in (
                ("image", representation.image_shape),
                ("sound", representation.sound_shape),
            )
        }

    def add(self, split: str, rows: Split) -> None:
        """Appends rows to a split.

        Raises:
          ValueError: rows of another shape than the representation's, or stem pairing
            with rows that do not match.
        """
        if self._plan.pairing == "stem" and list(rows.image.stem) != list(
            rows.sound.stem
        ):
            raise ValueError(
                f"split {split!r}: image and sound rows have different stems; with "
                "stem pairing row i of both must be the same moment."
            )
        self._rows[split, "image"].append(rows.image)
        self._rows[split, "sound"].append(rows.sound)

    def put_back(self) -> None:
        """Appends the rows of judging to those of train."""
        for kind in MODALITIES:
            self._rows[TRAIN, kind].absorb(self._rows[JUDGING, kind])

    def finish(self, *, dataset: str, version: str) -> dict[str, tuple[int, int]]:
        """Completes the files and writes prepared.json.

        Splits without rows of either modality are left out.

        Returns:
          Number of sounds and bytes of every split.
        """
        splits, sizes = {}, {}
        for split in split_names(self._plan):
            counts = {kind: self._rows[split, kind].close() for kind in MODALITIES}
            if 0 in counts.values():
                self._drop(split)
                continue
            splits[split] = counts
            files = (self._folder / split).iterdir()
            sizes[split] = (counts["sound"], sum(file.stat().st_size for file in files))
        files = sorted(file for file in self._folder.rglob("*") if file.is_file())
        description = {
            "format": FORMAT,
            "dataset": dataset,
            "version": version,
            "representation": self._representation.to_json(),
            "class_names": list(self._plan.class_names),
            "pairing": self._plan.pairing,
            "songs": list(self._plan.songs),
            "performers": list(self._plan.performers),
            "splits": splits,
            "sha256": {
                file.relative_to(self._folder).as_posix(): file_digest(file)
                for file in files
            },
        }
        write_description(self._folder, description)
        return sizes

    def _drop(self, split: str) -> None:
        for file in (self._folder / split).iterdir():
            file.unlink()
        (self._folder / split).rmdir()


class _Rows:
    """.npy files that grow one after another, and the columns of their rows."""

    def __init__(self, folder: pathlib.Path, kind: str, shape: tuple[int, ...]):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._kind, self._shape = folder, kind, shape
        self._columns = {name: [] for name in COLUMNS}
        self._counts: list[int] = []  # of every shard
        self._begin_shard()

    def append(self, items: Items) -> None:
        if items.array.shape[1:] != self._shape:
            raise ValueError(
                f"{self._file(0)}: rows of shape {list(items.array.shape[1:])}; "
                f"the representation says {list(self._shape)}."
            )
        self._write(items.array)
        for name, column in items.columns().items():
            self._columns[name].append(column)

    def absorb(self, other: "_Rows") -> None:
        """Appends all rows of another and leaves it with none."""
        for number, count in enumerate(other._counts):
            other._write_header(number, "r+b")
            if count:
                self._write(map_array(other._file(number)))
            other._counts[number] = 0
        for name, parts in other._columns.items():
            self._columns[name] += parts
            parts.clear()

    def close(self) -> int:
        for number in range(len(self._counts)):
            self._write_header(number, "r+b")
        columns = {
            name: np.concatenate([np.empty(0, COLUMNS[name]), *parts])
            for name, parts in self._columns.items()
        }
        if len(self._counts) == 1:
            np.savez_compressed(self._folder / f"{self._kind}_items.npz", **columns)
        else:  # as many as cannot be read whole by everybody
            for name, column in columns.items():
                np.save(column_file(self._folder, self._kind, name), column)
        return sum(self._counts)

    def _write(self, rows: np.ndarray) -> None:
        most = rows_of_a_shard(self._shape)
        while len(rows):
            if self._counts[-1] == most:
                self._begin_shard()
            room = most - self._counts[-1]
            with self._file(len(self._counts) - 1).open("ab") as file:
                file.write(np.ascontiguousarray(rows[:room]).data)
            self._counts[-1] += len(rows[:room])
            rows = rows[room:]

    def _file(self, number: int) -> pathlib.Path:
        return shard_file(self._folder, self._kind, number)

    def _begin_shard(self) -> None:
        self._counts.append(0)
        self._write_header(len(self._counts) - 1, "wb")

    def _write_header(self, number: int, mode: str) -> None:
        # NumPy pads a header so that a longer first axis fits into the same bytes.
        header = {
            "descr": "|u1",
            "fortran_order": False,
            "shape": (self._counts[number], *self._shape),
        }
        with self._file(number).open(mode) as file:
            np.lib.format.write_array_header_1_0(file, header)
