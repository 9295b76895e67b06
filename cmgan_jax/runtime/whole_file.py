"""Files that are whole or not there, whatever happens while they are written."""

import json
from pathlib import Path
from typing import Any


def write_text(path: Path, content: str) -> None:
    """Writes a text file under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file under its name only when it is complete."""
    write_text(path, json.dumps(content, indent=2) + "\n")
