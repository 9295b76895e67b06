"""Folders of media files: listed, and what is wrong with them named.

Nothing here opens a media file; `media_tasks` does that, in worker processes.
"""

import os
import pathlib
from collections.abc import Iterable

from cmgan_jax.prepare.archives import unpack
from cmgan_jax.prepare.names import by_number, match, same
from cmgan_jax.prepare.plan import Defect
from cmgan_jax.runtime.names import is_left_behind, shown

Files = list[pathlib.Path]
_FILMS = {
    *("asf", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts"),
    *("ogv", "ts", "webm", "wmv"),
}
# Of files of one name, the one that is read: notes and indexes lie beside media.
_MEDIA = _FILMS | {
    *("aac", "aif", "aifc", "aiff", "amr", "au", "caf", "flac", "m4a", "mka", "mp2"),
    *("mp3", "oga", "ogg", "opus", "rf64", "snd", "sph", "voc", "w64", "wav", "wave"),
    *("wma", "avif", "bmp", "gif", "heic", "heif", "jfif", "jp2", "jpe", "jpeg"),
    *("jpg", "pgm", "png", "ppm", "tif", "tiff", "webp"),
}
# What browsers and downloaders call a file until all of it is there.
_UNFINISHED = (".part", ".partial", ".crdownload", ".download")


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
      ArchiveError: the source is neither, or an archive that is not unpacked.
    """
    folder = source
    if not source.is_dir():
        unpack(source, scratch)
        folder = scratch
    met = set()
    inside, files, _ = list_folder(folder, folder)
    while len(inside) == 1 and not files and inside[0].name.lower() not in expected:
        folder = inside[0]
        # A link to a folder it lies in would be stepped into for ever.
        if (there := folder.resolve()) in met:
            break
        met.add(there)
        inside, files, _ = list_folder(folder, folder)
    return folder


def list_folder(
    folder: pathlib.Path, root: pathlib.Path
) -> tuple[Files, Files, list[Defect]]:
    """The folders and the files in a folder, each sorted by name, numbers as numbers.

    What is neither, such as a pipe or a link that leads nowhere, is listed as a file;
    `media.opening` says so instead of opening it.

    Args:
      folder: the folder.
      root: defects name their paths relative to this.

    Returns:
      Folders, files, and the defects met: permission or unreadable for the folder.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: by_number(entry.name))
    except PermissionError:
        detail = "permission to list the folder denied."
        return [], [], [Defect(relative(folder, root), "permission", detail)]
    except OSError as error:
        detail = f"cannot be listed: {error.strerror}."
        return [], [], [Defect(relative(folder, root), "unreadable", detail)]
    folders, files = [], []
    for entry in entries:
        if not is_left_behind(entry.name):
            some = folders if _is_folder(entry) else files
            some.append(pathlib.Path(entry.path))
    return folders, files, []


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def relative(path: pathlib.Path, root: pathlib.Path) -> str:
    """A path below the root to show to the user, with forward slashes."""
    return shown(path.relative_to(root).as_posix())


def list_groups(folder: pathlib.Path, root: pathlib.Path) -> tuple[Files, list[Defect]]:
    """The folders in a folder that should hold nothing but folders."""
    folders, files, defects = list_folder(folder, root)
    detail = "lies where only folders are expected and is not read."
    return folders, defects + _defects("unknown_layout", files, root, detail)


def list_media(folder: pathlib.Path, root: pathlib.Path) -> tuple[Files, list[Defect]]:
    """The files of a class's folder, one per stem.

    Returns:
      Files sorted by name, and the defects: those of `list_folder`, empty_folder,
      unknown_layout for a folder inside, unfinished_download, and duplicate_stem for
      every file but the first of its stem.
    """
    folders, files, defects = list_folder(folder, root)
    if not (folders or files or defects):
        detail = "holds no files; expected the files of one class."
        defects.append(Defect(relative(folder, root), "empty_folder", detail))
    defects += [_nested(inner, root) for inner in folders]
    unfinished = [path for path in files if path.suffix.lower() in _UNFINISHED]
    detail = "is a download that did not end: fetch it again, or delete it."
    defects += _defects("unfinished_download", unfinished, root, detail)
    files = [path for path in files if path not in unfinished]
    first: dict[str, pathlib.Path] = {}
    # Sorted is stable: media first, each kind by name.
    for path in sorted(files, key=lambda path: not _is_media(path)):
        kept = first.setdefault(same(path.stem), path)
        if kept is not path:
            detail = f"has the stem of {shown(kept.name)}, which is read instead."
            defects.append(Defect(relative(path, root), "duplicate_stem", detail))
    kept = set(first.values())
    return [path for path in files if path in kept], defects


def _is_media(path: pathlib.Path) -> bool:
    return path.suffix[1:].lower() in _MEDIA


def is_named_film(path: pathlib.Path) -> bool:
    """Whether a file has the suffix of films; whether it is one its content says."""
    return path.suffix[1:].lower() in _FILMS


def _nested(folder: pathlib.Path, root: pathlib.Path) -> Defect:
    """A folder where files are expected, and how to bring its files up."""
    count = sum(
        not is_left_behind(name) for _, _, names in os.walk(folder) for name in names
    )
    detail = (
        f"is a folder inside a class and is not read ({count} files in it); a class's "
        "files lie directly in its folder: move them up, with its name in front of "
        f"theirs, such as {shown(folder.name)}_001.wav."
    )
    return Defect(relative(folder, root), "unknown_layout", detail)


def _defects(
    kind: str, paths: Iterable[pathlib.Path], root: pathlib.Path, detail: str
) -> list[Defect]:
    return [Defect(relative(path, root), kind, detail) for path in paths]


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
    pairs, _ = match(images, sounds, lambda path: path.stem)
    paired = {path for pair in pairs for path in pair}
    orphans = [(path, "sound") for path in images if path not in paired]
    orphans += [(path, "picture") for path in sounds if path not in paired]
    defects = [
        Defect(
            relative(path, root),
            "orphan_stem",
            f"no {missing} has the stem {shown(path.stem)}.{advice}",
        )
        for path, missing in orphans
    ]
    return pairs, defects
