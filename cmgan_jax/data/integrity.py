"""prepared.json, and whether the files beside it are what it says.

It holds the SHA-256 of every file of the data ("sha256"), of the files that describe
them ("about": where they came from, what TFDS keeps of them) and of itself ("digest").
Data written before there were the last two are read as they are.
"""

import hashlib
import json
import pathlib
from collections.abc import Sequence
from typing import Any

from cmgan_jax.runtime.whole_file import write_text

# 2: train has no rows that only judges learn from; those are the split judging.
FORMAT = 2
PREPARED_FILE = "prepared.json"
MODALITIES = ("image", "sound")
_KEYS = {
    *("format", "dataset", "version", "representation", "class_names", "pairing"),
    *("songs", "performers", "splits", "sha256"),
}
# Keys that say nothing of the data themselves.
_SEAL = ("about", "digest")
_AGAIN = "Prepare again with --update, or copy the folder again from where it is whole."


def write_description(folder: pathlib.Path, description: dict[str, Any]) -> None:
    """Writes prepared.json, with the digests of all files that describe the data.

    Args:
      folder: all its files are written.
      description: what prepared.json is to say; "sha256" lists the data files.
    """
    listed = {*description["sha256"], PREPARED_FILE}
    files = {
        file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    about = {
        name: file_digest(file) for name, file in files.items() if name not in listed
    }
    sealed = _content(description) | {"about": about}
    sealed["digest"] = _digest(_text(sealed))
    write_text(folder / PREPARED_FILE, _text(sealed))


def seal(folder: pathlib.Path) -> None:
    """Takes files that were written after prepared.json into it."""
    write_description(folder, read_description(folder))


def read_description(folder: pathlib.Path) -> dict[str, Any]:
    """The contents of prepared.json.

    Raises:
      ValueError: it is damaged or of another format.
    """
    file = folder / PREPARED_FILE
    try:
        text = file.read_text(encoding="utf-8")
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is damaged ({error}). {_AGAIN}") from error
    if not isinstance(description, dict):
        raise ValueError(f"{file} is damaged (no JSON object). {_AGAIN}")
    sealed = {key: value for key, value in description.items() if key != "digest"}
    whole = text == _text(description)
    if "digest" in description and (
        not whole or description["digest"] != _digest(_text(sealed))
    ):
        raise ValueError(f"{file} is damaged (its digest differs). {_AGAIN}")
    if description.get("format") != FORMAT:
        raise ValueError(
            f"{file} has format {description.get('format')!r}, expected {FORMAT} "
            "(songs set aside for judges are a split of their own): delete "
            f"{folder} and prepare again with this version of cmgan_jax."
        )
    sealing = set(_SEAL) if "digest" in description else set()
    odd = set(description) ^ (_KEYS | sealing)
    if odd:
        raise ValueError(f"{file} is damaged ({', '.join(sorted(odd))}?). {_AGAIN}")
    return description


def require_small_files(folder: pathlib.Path, description: dict[str, Any]) -> None:
    """Checks every file but the arrays by its digest.

    Raises:
      FileNotFoundError: one is missing.
      ValueError: one is damaged.
    """
    recorded = description["sha256"] | description.get("about", {})
    for name, digest in recorded.items():
        file = folder / name
        if name.endswith(".npy"):
            continue
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing. {_AGAIN}")
        if file_digest(file) != digest:
            raise ValueError(
                f"{file} is damaged or was changed since it was prepared (SHA-256 "
                f"differs). {_AGAIN}"
            )


def damaged_files(folder: pathlib.Path) -> list[str]:
    """Files that are missing or differ from their recorded SHA-256 digest.

    Raises:
      ValueError: prepared.json itself is damaged.
    """
    description = read_description(folder)
    recorded = description["sha256"] | description.get("about", {})
    return [
        name
        for name, digest in recorded.items()
        if not (folder / name).is_file() or file_digest(folder / name) != digest
    ]


def require_whole(folder: pathlib.Path, splits: Sequence[str]) -> None:
    """Reads the arrays of some splits and compares them with their digests.

    Raises:
      ValueError: names those that are not as they were prepared.
    """
    arrays = {
        folder / name: digest
        for name, digest in read_description(folder)["sha256"].items()
        if name.endswith(".npy") and name.split("/")[0] in splits
    }
    damaged = [
        str(file)
        for file, digest in arrays.items()
        if not file.is_file() or file_digest(file) != digest
    ]
    if damaged:
        raise ValueError(
            f"{', '.join(damaged)}: not as prepared (SHA-256 differs). {_AGAIN}"
        )


def content_digest(description: dict[str, Any]) -> str:
    """SHA-256 of what prepared.json says of the data, hexadecimal."""
    return _digest(_text(_content(description)))


def file_digest(path: pathlib.Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _content(description: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in description.items() if key not in _SEAL}


def _text(description: dict[str, Any]) -> str:
    return json.dumps(description, indent=2) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
