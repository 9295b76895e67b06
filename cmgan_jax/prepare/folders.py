"""Folders of media files: listed, and what is wrong with them named.

Nothing here opens a media file; `media_tasks` does that, in worker processes.
"""

import os
import pathlib
import shutil
import tarfile
import zlib
from collections.abc import Iterable

from cmgan_jax.prepare.plan import Defect

Files = list[pathlib.Path]
# What operating systems and archivers leave behind; names with a leading dot too.
_LEFT_BEHIND = ("__MACOSX", "Thumbs.db", "desktop.ini")


def open_source(
    source: pathlib.Path, scratch: pathlib.Path, *, expected: Iterable[str]
) -> pathlib.Path:
    """The folder that holds the media: the source itself, or the archive unpacked.

    A folder that holds nothing but one other folder is stepped into, as archives often
    wrap everything in one.

    Args:
      source: a folder, or a zip or tar archive.
      scratch: an empty folder to unpack into.
      expected: lower-case names of folders that are not such wrappings.

    Raises:
      ValueError: the source is neither, or is a damaged archive.
    """
    folder = source
    if not source.is_dir():
        folder = scratch
        # Refuses members that would land elsewhere; zip files never may.
        guarded = source.suffix.lower() != ".zip" and hasattr(tarfile, "data_filter")
        tar = {"filter": "data"} if guarded else {}
        try:
            shutil.unpack_archive(source, scratch, **tar)
        except (shutil.ReadError, OSError, EOFError, zlib.error) as error:
            raise ValueError(
                f"{source} is neither a folder nor a zip or tar archive that can be "
                f"unpacked ({error}). Give the folder, or fetch the archive again."
            ) from error
    inside, files, _ = list_folder(folder, folder)
    while len(inside) == 1 and not files and inside[0].name.lower() not in expected:
        folder = inside[0]
        inside, files, _ = list_folder(folder, folder)
    return folder


def list_folder(
    folder: pathlib.Path, root: pathlib.Path
) -> tuple[Files, Files, list[Defect]]:
    """The folders and the files in a folder, each sorted by name.

    Args:
      folder: the folder.
      root: defects name their paths relative to this.

    Returns:
      Folders, files, and the defects met: permission or unreadable for the folder,
      unknown_layout for what is neither file nor folder, such as a socket.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except PermissionError:
        detail = "permission to list the folder denied."
        return [], [], [Defect(relative(folder, root), "permission", detail)]
    except OSError as error:
        detail = f"cannot be listed: {error.strerror}."
        return [], [], [Defect(relative(folder, root), "unreadable", detail)]
    folders, files, defects = [], [], []
    for entry in entries:
        path = pathlib.Path(entry.path)
        if entry.name.startswith(".") or entry.name in _LEFT_BEHIND:
            continue
        if entry.is_dir():
            folders.append(path)
        elif entry.is_file() or entry.is_symlink():
            files.append(path)
        else:
            detail = "is neither a file nor a folder and is not read."
            defects.append(Defect(relative(path, root), "unknown_layout", detail))
    return folders, files, defects


def relative(path: pathlib.Path, root: pathlib.Path) -> str:
    """A path below the root as the user knows it, with forward slashes."""
    return path.relative_to(root).as_posix()


def list_groups(folder: pathlib.Path, root: pathlib.Path) -> tuple[Files, list[Defect]]:
    """The folders in a folder that should hold nothing but folders."""
    folders, files, defects = list_folder(folder, root)
    detail = "lies where only folders are expected and is not read."
    return folders, defects + _unknown(files, root, detail)


def list_media(folder: pathlib.Path, root: pathlib.Path) -> tuple[Files, list[Defect]]:
    """The files of a class's folder, one per stem.

    Returns:
      Files sorted by name, and the defects: those of `list_folder`, empty_folder,
      unknown_layout for a folder inside, and duplicate_stem for every file but the
      first of its stem.
    """
    folders, files, defects = list_folder(folder, root)
    if not (folders or files or defects):
        detail = "holds no files; expected the files of one class."
        defects.append(Defect(relative(folder, root), "empty_folder", detail))
    defects += _unknown(folders, root, "is a folder inside a class and is not read.")
    first: dict[str, pathlib.Path] = {}
    for path in files:
        kept = first.setdefault(path.stem, path)
        if kept is not path:
            detail = f"has the stem of {kept.name}, which is read instead."
            defects.append(Defect(relative(path, root), "duplicate_stem", detail))
    return list(first.values()), defects


def _unknown(paths: Iterable[pathlib.Path], root: pathlib.Path, detail: str):
    return [Defect(relative(path, root), "unknown_layout", detail) for path in paths]


def match_stems(
    images: Files, sounds: Files, root: pathlib.Path, *, advice: str = ""
) -> tuple[list[tuple[pathlib.Path, pathlib.Path]], list[Defect]]:
    """Pairs the pictures and the sounds of one class by stem.

    Args:
      images: picture files, one per stem.
      sounds: sound files, one per stem.
      root: defects name their paths relative to this.
      advice: added to what is said of a file without partner.

    Returns:
      (image, sound) pairs in the order of the images, and an orphan_stem defect for
      every file without partner.
    """
    image_of = {path.stem: path for path in images}
    sound_of = {path.stem: path for path in sounds}
    pairs = [(image_of[s], sound_of[s]) for s in image_of if s in sound_of]
    orphans = [(path, "sound") for path in images if path.stem not in sound_of]
    orphans += [(path, "picture") for path in sounds if path.stem not in image_of]
    defects = [
        Defect(
            relative(path, root),
            "orphan_stem",
            f"no {missing} has the stem {path.stem}.{advice}",
        )
        for path, missing in orphans
    ]
    return pairs, defects
