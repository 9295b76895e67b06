"""Prepared data on disk, opened without TensorFlow.

A directory holds prepared.json, and per split image.npy and sound.npy (uint8 rows,
memory-mapped) with the columns of their items beside them. `packing` writes it.
"""

import dataclasses
import functools
import hashlib
import json
import pathlib

import numpy as np

from cmgan_jax.data.items import COLUMNS, Items, Split
from cmgan_jax.runtime.names import command
from cmgan_jax.signals.representation import Representation

# 2: train has no rows that only judges learn from; those are the split judging.
FORMAT = 2
PREPARED_FILE = "prepared.json"
MODALITIES = ("image", "sound")
# TFDS builds inside such a directory and renames it when it is complete.
INCOMPLETE_PREFIX = "incomplete."


@dataclasses.dataclass(frozen=True)
class PreparedData:
    """One prepared data set.

    Attributes:
      path: its directory.
      dataset: name of the data set, such as "pocket_orchestra".
      version: version of the data set's builder.
      representation: how its pictures and sounds became arrays.
      class_names: names in label order.
      pairing: "stem" or "class", see `items.Split`.
      songs: names; items' `song` indexes it.
      performers: names; items' `performer` indexes it.
      splits: the splits by name, arrays memory-mapped.
    """

    path: pathlib.Path
    dataset: str
    version: str
    representation: Representation
    class_names: tuple[str, ...]
    pairing: str
    songs: tuple[str, ...]
    performers: tuple[str, ...]
    splits: dict[str, Split]

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of prepared.json, which holds the digest of every file."""
        return file_digest(self.path / PREPARED_FILE)

    def split(self, name: str) -> Split:
        """The split of this name.

        Raises:
          ValueError: there is none; lists those there are.
        """
        if name not in self.splits:
            raise ValueError(
                f"{self.path} has no split {name!r}; it has {', '.join(self.splits)}."
            )
        return self.splits[name]


def open_prepared(path: str | pathlib.Path) -> PreparedData:
    """Opens prepared data; nothing but the columns is read into memory.

    Args:
      path: the directory of prepared.json, or any directory with exactly one below.

    Raises:
      FileNotFoundError: nothing prepared there, or a file of it is missing.
      ValueError: several candidates, another format, or files that do not fit
        prepared.json.
    """
    folder = _find(pathlib.Path(path))
    description = read_description(folder)
    representation = Representation.from_json(description["representation"])
    splits = {}
    for name, rows in description["splits"].items():
        shapes = {
            "image": (rows["image"], *representation.image_shape),
            "sound": (rows["sound"], *representation.sound_shape),
        }
        loaded = [_load(folder / name, kind, shapes[kind]) for kind in MODALITIES]
        splits[name] = Split(*loaded)
    return PreparedData(
        path=folder,
        dataset=description["dataset"],
        version=description["version"],
        representation=representation,
        class_names=tuple(description["class_names"]),
        pairing=description["pairing"],
        songs=tuple(description["songs"]),
        performers=tuple(description["performers"]),
        splits=splits,
    )


def find_prepared(path: str | pathlib.Path) -> list[pathlib.Path]:
    """Directories of finished data at or below a path, sorted."""
    path = pathlib.Path(path)
    found = [file.parent for file in sorted(path.rglob(PREPARED_FILE))]
    return [
        folder
        for folder in found
        if not any(
            part.startswith(INCOMPLETE_PREFIX)
            for part in folder.relative_to(path).parts
        )
    ]


def read_description(folder: pathlib.Path) -> dict:
    """The contents of prepared.json.

    Raises:
      ValueError: it is damaged or of another format.
    """
    file = folder / PREPARED_FILE
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{file} is damaged ({error}): prepare again.") from error
    if description.get("format") != FORMAT:
        raise ValueError(
            f"{file} has format {description.get('format')!r}, expected {FORMAT} "
            "(songs set aside for judges are a split of their own): delete "
            f"{folder} and prepare again with this version of cmgan_jax."
        )
    return description


def damaged_files(folder: pathlib.Path) -> list[str]:
    """Files that are missing or differ from their recorded SHA-256 digest."""
    recorded = read_description(folder)["sha256"]
    return [
        name
        for name, digest in recorded.items()
        if not (folder / name).is_file() or file_digest(folder / name) != digest
    ]


def file_digest(path: pathlib.Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _find(path: pathlib.Path) -> pathlib.Path:
    if (path / PREPARED_FILE).is_file():
        return path
    if not path.is_dir():
        raise FileNotFoundError(
            f"{path} is no directory. Prepare data first: "
            f"{command('prepare', output=path)}"
        )
    found = find_prepared(path)
    if not found:
        raise FileNotFoundError(
            f"{path} holds no prepared data (no {PREPARED_FILE} at or below it). "
            f"Prepare it first: {command('prepare', output=path)}"
        )
    if len(found) > 1:
        listed = "\n  ".join(str(folder) for folder in found)
        raise ValueError(
            f"{path} holds {len(found)} prepared data sets; name one:\n  {listed}"
        )
    return found[0]


def _load(folder: pathlib.Path, kind: str, shape: tuple[int, ...]) -> Items:
    array_file, items_file = folder / f"{kind}.npy", folder / f"{kind}_items.npz"
    for file in (array_file, items_file):
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: prepare the data again.")
    try:
        array = np.load(array_file, mmap_mode="r")
        with np.load(items_file) as columns:
            columns = {name: columns[name] for name in COLUMNS}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise ValueError(
            f"{array_file} or {items_file.name} is damaged ({error}): prepare the "
            "data again."
        ) from error
    rows = {len(column) for column in columns.values()}
    if array.shape != shape or array.dtype != np.uint8 or rows != {shape[0]}:
        raise ValueError(
            f"{array_file} is {array.dtype} {list(array.shape)} with {sorted(rows)} "
            f"rows of columns; {PREPARED_FILE} says uint8 {list(shape)}: prepare the "
            "data again."
        )
    return Items(array, **columns)
