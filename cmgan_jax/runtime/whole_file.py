"""Files that are whole or not there, whatever happens while they are written."""

import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def whole_file(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """A path to write to; what was written there gets its name when all went well.

    The path lies beside the real one and ends as it does, for libraries that choose a
    format by the suffix. On any error, what was written is removed.

    Args:
      path: where the file is to be; its folder is made.
      replace: whether a file of that name may be replaced.

    Raises:
      FileExistsError: there is one, and it may not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{secrets.token_hex(8)}.partial{path.suffix[:16]}")
    try:
        yield partial
        if not replace and os.path.lexists(path):
            raise FileExistsError(f"{path} appeared meanwhile and is not replaced.")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Writes a text file under its name only when it is complete."""
    with whole_file(path) as partial:
        partial.write_text(content, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file under its name only when it is complete."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
      FileNotFoundError: there is none.
      ValueError: names the file, which holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}).") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} is damaged (it holds no JSON object).")
    return content


def write_npz(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name as an .npz file, under its name only when complete."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **columns)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays in an .npz file by name.

    Raises:
      FileNotFoundError: there is none.
      ValueError: names the file, which is damaged.
    """
    try:
        # NumPy leaves a file open that it opened itself and cannot read.
        with path.open("rb") as opened, np.load(opened) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except (
        *(OSError, ValueError, EOFError, KeyError, TypeError, AttributeError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError),
    ) as error:
        raise ValueError(f"{path} is damaged ({error}).") from error
