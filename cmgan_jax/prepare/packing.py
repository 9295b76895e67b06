"""Writing prepared data: rows appended to .npy files as they arrive.

The counterpart of `prepared`, TensorFlow-free as well. prepared.json is written last,
so a directory without it is not finished.
"""

import pathlib
import shutil

import numpy as np

from cmgan_jax.data.integrity import (
    FORMAT,
    MODALITIES,
    file_digest,
    write_description,
)
from cmgan_jax.data.items import COLUMNS, Items, Split
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
    """A .npy file that grows, and the columns of its rows."""

    def __init__(self, folder: pathlib.Path, kind: str, shape: tuple[int, ...]):
        folder.mkdir(parents=True, exist_ok=True)
        self._array_file = folder / f"{kind}.npy"
        self._items_file = folder / f"{kind}_items.npz"
        self._shape = shape
        self._columns = {name: [] for name in COLUMNS}
        self._count = 0
        self._write_header("wb")

    def append(self, items: Items) -> None:
        if items.array.shape[1:] != self._shape:
            raise ValueError(
                f"{self._array_file}: rows of shape {list(items.array.shape[1:])}; "
                f"the representation says {list(self._shape)}."
            )
        with self._array_file.open("ab") as file:
            file.write(np.ascontiguousarray(items.array).data)
        for name, column in items.columns().items():
            self._columns[name].append(column)
        self._count += len(items)

    def absorb(self, other: "_Rows") -> None:
        """Appends all rows of another and leaves it with none."""
        with (
            other._array_file.open("rb") as rows,
            self._array_file.open("ab") as file,
        ):
            np.lib.format.read_magic(rows)
            np.lib.format.read_array_header_1_0(rows)
            shutil.copyfileobj(rows, file)
        for name, parts in other._columns.items():
            self._columns[name] += parts
            parts.clear()
        self._count += other._count
        other._count = 0

    def close(self) -> int:
        self._write_header("r+b")
        columns = {
            name: np.concatenate([np.empty(0, COLUMNS[name]), *parts])
            for name, parts in self._columns.items()
        }
        np.savez_compressed(self._items_file, **columns)
        return self._count

    def _write_header(self, mode: str) -> None:
        # NumPy pads a header so that a longer first axis fits into the same bytes.
        header = {
            "descr": "|u1",
            "fortran_order": False,
            "shape": (self._count, *self._shape),
        }
        with self._array_file.open(mode) as file:
            np.lib.format.write_array_header_1_0(file, header)
