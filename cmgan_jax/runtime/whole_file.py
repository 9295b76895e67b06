"""Files that are whole or not there, whatever happens while they are written."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


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
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file under its name only when it is complete."""
    write_text(path, json.dumps(content, indent=2) + "\n")
