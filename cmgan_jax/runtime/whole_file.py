"""Files that are whole or not there, whatever happens while they are written."""

import json
import os
import secrets
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


def write_npz(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name as an .npz file, under its name only when complete."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **columns)
