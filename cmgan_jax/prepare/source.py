"""What a data set was made from: files by name, size and time, and what changed since.

One line per file in the report: size in bytes, time in nanoseconds, name.
"""

import dataclasses
import os
import pathlib
from typing import Any

from cmgan_jax.runtime.names import is_left_behind, shown

_NAMED = 3


@dataclasses.dataclass(frozen=True)
class Changes:
    """Files that came, went, or have another size or time, by name."""

    added: list[str]
    removed: list[str]
    changed: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        parts = []
        for how in ("added", "removed", "changed"):
            names = getattr(self, how)
            if names:
                more = ", ..." if len(names) > _NAMED else ""
                parts.append(
                    f"{len(names):,} {how} ({', '.join(names[:_NAMED])}{more})"
                )
        return ", ".join(parts)


def list_source(source: pathlib.Path, *, leave_out: pathlib.Path) -> dict[str, Any]:
    """Every file of a folder, or the one file of an archive, for the report.

    Args:
      source: a folder or a file.
      leave_out: a folder that may lie inside and is none of it: the output.
    """
    if not source.is_dir():
        return {"files": [_line(source, source.name)]}
    leave_out = leave_out.resolve()
    lines, met = [], set()
    for at, folders, files in os.walk(source, followlinks=True):
        here = os.path.realpath(at)
        inside = here not in met and pathlib.Path(here) != leave_out
        met.add(here)
        # A link to a folder it lies in would be walked for ever.
        folders[:] = [f for f in folders if inside and not is_left_behind(f)]
        for name in files if inside else ():
            if not is_left_behind(name):
                path = pathlib.Path(at, name)
                lines.append(_line(path, path.relative_to(source).as_posix()))
    return {"files": sorted(lines, key=lambda line: line.split(" ", 2)[2])}


def changes_of(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """What differs between two results of `list_source`."""
    old, new = _by_name(before), _by_name(now)
    return Changes(
        added=[name for name in new if name not in old],
        removed=[name for name in old if name not in new],
        changed=[name for name in new if name in old and new[name] != old[name]],
    )


def _by_name(listed: dict[str, Any]) -> dict[str, str]:
    parts = (line.split(" ", 2) for line in listed["files"])
    return {name: f"{size} {time}" for size, time, name in parts}


def _line(path: pathlib.Path, name: str) -> str:
    try:
        of = path.stat()
    except OSError:  # a link that leads nowhere
        return f"-1 -1 {shown(name)}"
    return f"{of.st_size} {of.st_mtime_ns} {shown(name)}"
