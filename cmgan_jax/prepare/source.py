"""What a data set was made from: files by name, size and time, and what changed since.

One line per file in the report: size in bytes, time in nanoseconds, name. Where it is
asked for, contents too: their SHA-256 by name, which then count instead of times.
"""

import dataclasses
import os
import pathlib
from collections.abc import Iterator
from typing import Any

from cmgan_jax.data.integrity import file_digest
from cmgan_jax.runtime.names import is_left_behind, shown
from cmgan_jax.runtime.progress import Progress

_NAMED = 3


@dataclasses.dataclass(frozen=True)
class Changes:
    """Files that came, went, or have another size, time or content, by name."""

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


def list_source(
    source: pathlib.Path, *, leave_out: pathlib.Path, contents: bool = False
) -> dict[str, Any]:
    """Every file of a folder, or the one file of an archive, for the report.

    Args:
      source: a folder or a file.
      leave_out: a folder that may lie inside and is none of it: the output.
      contents: read all files, and list their digests too.
    """
    paths = {source.name: source}
    if source.is_dir():
        paths = {p.relative_to(source).as_posix(): p for p in _walk(source, leave_out)}
    listed = {"files": [_line(paths[name], name) for name in sorted(paths, key=shown)]}
    if contents:
        listed["sha256"] = _digests(paths)
    return listed


def changes_of(before: dict[str, Any], now: dict[str, Any]) -> Changes:
    """What differs between two results of `list_source`.

    Files are compared by content where both list it, else by time.
    """
    contents = "sha256" in before and "sha256" in now
    old, new = (_by_name(listed, contents=contents) for listed in (before, now))
    return Changes(
        added=[name for name in new if name not in old],
        removed=[name for name in old if name not in new],
        changed=[name for name in new if name in old and new[name] != old[name]],
    )


def _walk(source: pathlib.Path, leave_out: pathlib.Path) -> Iterator[pathlib.Path]:
    leave_out = leave_out.resolve()
    met = set()
    for at, folders, files in os.walk(source, followlinks=True):
        here = os.path.realpath(at)
        inside = here not in met and pathlib.Path(here) != leave_out
        met.add(here)
        # A link to a folder it lies in would be walked for ever.
        folders[:] = [f for f in folders if inside and not is_left_behind(f)]
        for name in files if inside else ():
            if not is_left_behind(name):
                yield pathlib.Path(at, name)


def _by_name(listed: dict[str, Any], *, contents: bool) -> dict[str, str]:
    parts = (line.split(" ", 2) for line in listed["files"])
    return {
        name: f"{size} {listed['sha256'][name] if contents else time}"
        for size, time, name in parts
    }


def _line(path: pathlib.Path, name: str) -> str:
    try:
        of = path.stat()
    except OSError:  # a link that leads nowhere
        return f"-1 -1 {shown(name)}"
    return f"{of.st_size} {of.st_mtime_ns} {shown(name)}"


def _digests(paths: dict[str, pathlib.Path]) -> dict[str, str]:
    """SHA-256 by name, empty for what cannot be read or is no regular file."""
    digests = {}
    progress = Progress("contents of the source", len(paths), unit="files")
    for number, (name, path) in enumerate(paths.items(), start=1):
        try:
            digests[shown(name)] = file_digest(path) if path.is_file() else ""
        except OSError:
            digests[shown(name)] = ""
        progress.update(number)
    return digests
