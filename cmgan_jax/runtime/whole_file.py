"""Files that are whole or not there, whatever happens while they are written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def write_text(path: Path, content: str) -> None:
    """Writes a text file under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file under its name only when it is complete."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def write_npz(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name as an .npz file, under its name only when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, **columns)
    partial.replace(path)
