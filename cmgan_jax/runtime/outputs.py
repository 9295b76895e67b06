"""Outputs never replace what this program did not write: the rule, for every verb.

A folder that a user names is looked at before anything is written there: where it lies,
what it holds, and which of the names to be written are taken.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cmgan_jax.runtime.names import is_left_behind, shown

# In every text of this program that a later run replaces.
MARK = "cmgan_jax"
_LISTED = 10
_LONGEST_NAME = 255  # bytes, on every common file system


def require_apart(output: Path, given: Path, *, output_is: str, given_is: str) -> None:
    """Refuses an output folder that is, holds or lies in what is read.

    Links, capitals on file systems that know none, and other ways to one folder do not
    matter: folders are compared, not names.

    Args:
      output: folder to write into; it need not exist.
      given: file or folder that is read.
      output_is: what the user calls the first, such as "--output".
      given_is: what the user calls the second.

    Raises:
      ValueError: says how one lies to the other, and what to name instead.
    """
    real_output, real_given = (Path(os.path.realpath(p)) for p in (output, given))
    if _same(real_output, real_given):
        relation = "is"
    elif any(_same(real_output, above) for above in real_given.parents):
        relation = "holds"
    elif any(_same(above, real_given) for above in real_output.parents):
        relation = "lies in"
    else:
        return
    raise ValueError(
        f"{output_is}={shown(output)} {relation} {given_is}={shown(given)}: what is "
        f"read and what is written must not mix. Nothing was written; name a folder "
        f"apart from it as {output_is}."
    )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def require_folder(output: Path, *, output_is: str) -> None:
    """Refuses an output that is there and is no folder.

    Raises:
      ValueError: says so.
    """
    if os.path.lexists(output) and not output.is_dir():
        raise ValueError(
            f"{output_is}={shown(output)} is there and is no folder: name another."
        )


def is_writable(folder: Path) -> bool:
    """Whether files can be written in a folder, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permissions do not tell of read-only mounts and full quotas.
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def require_free(
    folder: Path, names: Iterable[str | os.PathLike], *, overwrite: bool, output_is: str
) -> None:
    """Refuses to replace files, before the first one is written.

    Args:
      folder: that is written into.
      names: of all files to be written, relative to it.
      overwrite: files may be replaced; folders never are.
      output_is: what the user calls the folder.

    Raises:
      ValueError: lists the names that are taken, or too long for a file system.
    """
    taken, too_long, count = [], [], 0
    for name in names:
        count += 1
        if len(os.fsencode(os.path.basename(name))) > _LONGEST_NAME:
            too_long.append(name)
            continue
        path = folder / name
        if os.path.lexists(path) and not (overwrite and not _is_real_folder(path)):
            taken.append(name)
    if too_long:
        raise ValueError(
            f"{len(too_long)} of {count} results would have names of more than "
            f"{_LONGEST_NAME} bytes ({listed(too_long)}): give the inputs shorter "
            "names. Nothing was written."
        )
    if taken:
        mend = "" if overwrite else ", or give --overwrite to replace them"
        raise ValueError(
            f"{len(taken)} of {count} results are in {output_is}={shown(folder)} "
            f"already ({listed(taken)}). Nothing was written: name another "
            f"{output_is}, move them away{mend}."
        )


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def require_own_or_empty(
    folder: Path, is_own: Callable[[Path], bool], *, folder_is: str, expected: str
) -> None:
    """Refuses a folder that holds something, but nothing this program began there.

    Args:
      folder: to be continued or begun; it need not exist.
      is_own: whether a folder was begun by this program.
      folder_is: what the user calls it, such as "--workdir".
      expected: what it may hold, such as "a run".

    Raises:
      ValueError: lists what is there.
    """
    require_folder(folder, output_is=folder_is)
    if not folder.is_dir() or is_own(folder):
        return
    held = sorted(
        entry.name
        for entry in os.scandir(folder)
        # What was begun and not finished was never anybody's file.
        if not is_left_behind(entry.name) and not entry.name.endswith(".partial")
    )
    if held:
        raise ValueError(
            f"{folder_is}={shown(folder)} holds something else than {expected} "
            f"({listed(held)}): nothing was written there. Name a new folder, or an "
            "empty one."
        )


def require_replaceable(paths: Sequence[Path]) -> None:
    """Refuses to replace texts that do not name this program as their writer.

    Args:
      paths: files to be written; those that are not there are free.

    Raises:
      ValueError: lists the files that somebody else wrote.
    """
    foreign = [path for path in paths if os.path.lexists(path) and not _is_marked(path)]
    if foreign:
        raise ValueError(
            f"{MARK} did not write {listed(foreign)} and does not replace it: move it "
            "away, or name another folder."
        )


def _is_marked(path: Path) -> bool:
    return path.is_file() and MARK.encode() in path.read_bytes()


def listed(names: Sequence[str | os.PathLike]) -> str:
    """The first few names, and how many more there are."""
    some = ", ".join(shown(name) for name in names[:_LISTED])
    more = len(names) - _LISTED
    return some if more <= 0 else f"{some} and {more:,} more"
