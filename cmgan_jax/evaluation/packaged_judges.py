"""Judges of the embedded data set that come with the package.

What is scored on it anywhere is so scored by the same judges, and nobody waits for
them. Data are that data set if the very same songs, labels and notes stand in the same
rows; pixels differ by rounding from one kind of processor to another.
"""

import shutil
from pathlib import Path
from typing import Any

from cmgan_jax import shipped
from cmgan_jax.data.integrity import read_description
from cmgan_jax.data.prepared import JUDGES_FOLDER, PreparedData
from cmgan_jax.runtime.whole_file import read_json, whole_file, write_json

FOLDER = shipped.JUDGES
DATA = "data.json"  # what data the judges are of


def find(prepared: PreparedData, modality: str, name: str) -> Path | None:
    """The folder of the judge that was trained on these data; None if none was."""
    data, folder = FOLDER / DATA, FOLDER / modality / name
    known = data.exists() and read_json(data) == _description(prepared)
    return folder if known and folder.is_dir() else None


def package(prepared: PreparedData, names: dict[str, tuple[str, ...]]) -> None:
    """Puts judges that are stored beside data into the package.

    Args:
      prepared: the data.
      names: of the files of a judge, by the folders "MODALITY/NAME" of judges.
    """
    for judge, files in names.items():
        for file in files:
            with whole_file(FOLDER / judge / file) as partial:
                shutil.copyfile(prepared.path / JUDGES_FOLDER / judge / file, partial)
    write_json(FOLDER / DATA, _description(prepared))


def _description(prepared: PreparedData) -> dict[str, Any]:
    """What says which rows data have, whatever computed their pixels."""
    described = read_description(prepared.path)
    kept = ("dataset", "version", "representation", "class_names", "splits")
    digests = described["sha256"].items()
    items = {name: digest for name, digest in digests if name.endswith("_items.npz")}
    return {**{name: described[name] for name in kept}, "items": items}
