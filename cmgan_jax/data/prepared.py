"""Prepared data on disk, opened without TensorFlow.

A directory holds prepared.json, and per split image.npy and sound.npy (uint8 rows,
memory-mapped, in several files where they are many) with the columns of their items
beside them: in one file, or mapped too where the rows are in several. `packing` writes
it.

prepared.json holds the digest of every other file and of itself (`integrity`). Opening
checks all files but the arrays by their digests and arrays by their sizes.
"""

import dataclasses
import functools
import pathlib
import warnings

import numpy as np

from cmgan_jax.data.integrity import (
    MODALITIES,
    PREPARED_FILE,
    content_digest,
    read_description,
    require_small_files,
)
from cmgan_jax.data.items import COLUMNS, Items, Split
from cmgan_jax.data.rows_by_label import spread
from cmgan_jax.data.shards import column_file, map_array, map_shards
from cmgan_jax.runtime import buckets
from cmgan_jax.runtime.names import command
from cmgan_jax.runtime.open_files import allow_open_files
from cmgan_jax.signals.representation import Representation

# TFDS builds inside such a directory and renames it when it is complete.
JUDGES_FOLDER = "judges"  # of what is trained to judge the data, beside them
INCOMPLETE_PREFIX = "incomplete."
_ASKED_FOR_NOTES = 4096  # rows


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
        """SHA-256 of what prepared.json says, the digest of every data file included.

        The same for the same data, wherever, whenever and from where prepared.
        """
        return content_digest(read_description(self.path))

    @functools.cached_property
    def notes_known(self) -> float:
        """Share of the sounds to train on, some spread evenly, whose note is known."""
        if "train" not in self.splits:
            return 0.0
        pitch = self.split("train").sound.pitch
        asked = pitch[spread(len(pitch), _ASKED_FOR_NOTES)]
        return float(np.mean(~np.isnan(asked))) if len(asked) else 0.0

    @property
    def pitched(self) -> bool:
        """Whether sounds to train on say which note they play."""
        return self.notes_known > 0

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
    """Opens prepared data; nothing but the small files is read.

    Args:
      path: the directory of prepared.json, or any directory with exactly one below; of
        one in a bucket (gs://bucket/directory) what is not here yet is fetched.

    Raises:
      FileNotFoundError: nothing prepared there, or a file of it is missing.
      ValueError: several candidates, another format, or a file that is damaged; names
        it and says what to do.
    """
    here = buckets.kept_copy(path) if buckets.in_bucket(path) else path
    folder = _find(pathlib.Path(here))
    description = read_description(folder)
    require_small_files(folder, description)
    arrays = sum(name.endswith(".npy") for name in description["sha256"])
    allow_open_files(2 * arrays)  # mapped, and verified meanwhile
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
    array = map_shards(folder, kind, shape)
    if array.count > 1:
        return Items(array, **_mapped_columns(folder, kind, shape[0]))
    return Items(array, **_read_columns(folder / f"{kind}_items.npz"))


def _mapped_columns(
    folder: pathlib.Path, kind: str, rows: int
) -> dict[str, np.ndarray]:
    columns = {}
    for name, scalar in COLUMNS.items():
        file = column_file(folder, kind, name)
        column = columns[name] = map_array(file)
        # Of text, how long it is at most is part of the type.
        right = column.dtype.type is scalar and column.dtype.isnative
        if not right or column.shape != (rows,):
            raise ValueError(
                f"{file} is {column.dtype} {list(column.shape)}; expected "
                f"{scalar.__name__} [{rows}]: prepare the data again."
            )
    return columns


def _read_columns(file: pathlib.Path) -> dict[str, np.ndarray]:
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: prepare the data again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with np.load(file) as columns:
                return {name: columns[name] for name in COLUMNS}
    except Exception as error:
        # NumPy's parsers raise whatever damaged bytes lead to: ValueError, OSError,
        # EOFError, KeyError, BadZipFile, TokenError, struct.error and others.
        raise ValueError(
            f"{file} is damaged ({error}): prepare the data again."
        ) from error
