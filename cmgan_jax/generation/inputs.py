"""The files that are to be turned into something: a file, or a folder of folders."""

import dataclasses
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.opening import cannot_open, not_regular
from cmgan_jax.runtime.names import is_left_behind, shown


@dataclasses.dataclass(frozen=True)
class Input:
    """One file to read.

    Attributes:
      path: of the file.
      name: the path below the folder that the user gave.
    """

    path: Path
    name: Path


def list_inputs(given: Path) -> tuple[list[Input], list[MediaError]]:
    """The file itself, or every file in a folder and the folders in it.

    What systems leave behind (.DS_Store, Thumbs.db, @eaDir) is passed over. Folders are
    followed through links, each one once. Nothing is opened: what is no regular file,
    or cannot be listed, is a defect.

    Returns:
      Files sorted by name, folder by folder, and defects.

    Raises:
      FileNotFoundError: nothing there, or no file in the folder.
    """
    if not os.path.lexists(given):
        raise FileNotFoundError(
            f"--input={shown(given)} does not exist: give a file or a folder."
        )
    inputs: list[Input] = []
    defects: list[MediaError] = []
    if given.is_dir():
        for found in _walk(given):
            (defects if isinstance(found, MediaError) else inputs).append(found)
    else:
        mode = _mode(given)
        if isinstance(mode, MediaError):
            defects.append(mode)
        else:
            inputs.append(Input(given, Path(given.name)))
    if not inputs and not defects:
        raise FileNotFoundError(
            f"--input={shown(given)} holds no files but those that systems leave "
            "behind: give a folder of sounds or of pictures."
        )
    return sorted(inputs, key=lambda found: found.name.parts), defects


def _walk(root: Path) -> Iterator[Input | MediaError]:
    """Files and defects of a tree; folders behind links come last, if they are new."""
    met: set[tuple[int, int]] = set()
    waiting, behind_links = [Path()], []
    while waiting or behind_links:
        folder = waiting.pop() if waiting else behind_links.pop()
        try:
            found = (root / folder).stat()
            if (found.st_dev, found.st_ino) in met:
                continue
            met.add((found.st_dev, found.st_ino))
            names = os.listdir(root / folder)
        except OSError as error:
            yield cannot_open(root / folder, error)
            continue
        for name in names:
            path = root / folder / name
            mode = None if is_left_behind(name) else _mode(path)
            if isinstance(mode, MediaError):
                yield mode
            elif mode is not None and stat.S_ISDIR(mode):
                (behind_links if path.is_symlink() else waiting).append(folder / name)
            elif mode is not None:
                yield Input(path, folder / name)


def _mode(path: Path) -> int | MediaError:
    """The mode of a file or folder, or why it is neither."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return cannot_open(path, error)
    return mode if stat.S_ISDIR(mode) else not_regular(path, mode) or mode
