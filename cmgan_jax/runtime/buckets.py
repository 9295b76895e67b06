"""Folders in a bucket of Cloud Storage, gs://bucket/folder: copied here, put back.

Data are mapped into memory, and a run adds to its files line by line, which no bucket
can do. So a folder that is given in a bucket is copied to a disk first, and what
changes in the copy is put back. Checkpoints are not copied: Orbax reads and writes them
in the bucket, where all processes of a run see them.
"""

import atexit
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cmgan_jax.runtime import bucket_storage as storage
from cmgan_jax.runtime.caches import cache_folder
from cmgan_jax.runtime.lock import hold
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.runtime.whole_file import read_json, write_json

CHECKPOINTS = "checkpoints"  # folders of this name stay in the bucket
MARK = ".bucket.json"  # in a copy: of what it is one, and what of it is here
PLACE = "CMGAN_BUCKETS"  # the variable that says where copies of data are kept
_AT_ONCE = 16  # files on their way

own_copies: dict[str, str] = {}  # of this process alone -> what they are copies of


def in_bucket(name: str | os.PathLike) -> bool:
    """Whether a name is that of a folder in a bucket."""
    return os.fspath(name).startswith(storage.SCHEME)


def own_copy(url: str) -> Path:
    """Copies a folder for this process alone, with which the copy goes.

    Args:
      url: gs://bucket/folder, which need not exist.

    Raises:
      ValueError: it names no folder, or the client of Cloud Storage is missing.
      OSError: the bucket cannot be read, or the disk is full.
    """
    url = storage.folder_address(url)
    folder = Path(tempfile.mkdtemp(prefix="cmgan_jax-bucket-")).resolve()
    if not own_copies:
        atexit.register(_remove_own)
    own_copies[str(folder)] = url
    _begin(folder, url)
    _update(folder)
    return folder


def kept_copy(url: str) -> Path:
    """A copy that stays, so that a later process fetches only what changed.

    It lies in the folder that CMGAN_BUCKETS names, else with other caches of the user.

    Raises:
      ValueError, OSError: as own_copy does.
    """
    url = storage.folder_address(url)
    place = os.environ.get(PLACE) or cache_folder()[0] / "buckets"
    folder = Path(place).resolve() / quote(url.removeprefix(storage.SCHEME), safe="")
    # Several processes of one machine share it.
    with hold(folder, "fetch", wait=True):
        if not (folder / MARK).exists():
            _begin(folder, url)
        _update(folder)
    return folder


def _begin(folder: Path, url: str) -> None:
    write_json(folder / MARK, {"url": url, "files": {}})


class Named:
    """A stream of text that names folders in buckets, not this process's copies."""

    def __init__(self, stream: io.TextIOBase):
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes a text."""
        for folder, url in own_copies.items():
            text = text.replace(folder, url)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def address(path: Path) -> str:
    """Where in its bucket the original of a path in a copy lies; else the path."""
    path = path.resolve()
    copy = _copy_around(path)
    if copy is None:
        return str(path)
    below = path.relative_to(copy).parts
    return "/".join([read_json(copy / MARK)["url"], *below])


def fetch(path: Path) -> None:
    """Brings the copy that a path lies in up to date with its bucket.

    What changed there is fetched and what went there is removed here; files that are
    here alone stay. Where the path lies in no copy this does nothing.

    Raises:
      OSError: the bucket cannot be read, or the disk is full.
    """
    if copy := _copy_around(path):
        with hold(copy, "fetch", wait=True):
            _update(copy)


def _update(copy: Path) -> None:
    mark = read_json(copy / MARK)
    url, known = mark["url"], mark["files"]
    there = {n: found for n, found in storage.objects(url).items() if not _apart(n)}
    stale = {
        name: size
        for name, (generation, size) in there.items()
        if known.get(name, {}).get("generation") != generation
        or not (copy / name).exists()
    }
    progress = Progress(f"fetching {url}", sum(stale.values()), unit="bytes")
    done = 0
    for name in _each(stale, lambda n: storage.download(f"{url}/{n}", copy / n)):
        done += stale[name]
        progress.update(done)
    for name in set(known) - set(there):
        (copy / name).unlink(missing_ok=True)
    files = {name: known[name] for name in there if name not in stale}
    for name in stale:
        files[name] = {**_stamp(copy / name), "generation": there[name][0]}
    write_json(copy / MARK, {"url": url, "files": files})


def put_back(path: Path) -> None:
    """Brings a bucket up to date with the copy of it that a path lies in.

    What did not change since it was fetched is not sent. Where the path lies in no copy
    this does nothing.

    Raises:
      OSError: the bucket cannot be written, or another process wrote there what was
        changed here.
    """
    copy = _copy_around(path)
    if copy is None:
        return
    mark = read_json(copy / MARK)
    url, files = mark["url"], mark["files"]
    here = {name: _stamp(copy / name) for name in _names(copy)}
    changed = [
        name
        for name, stamp in here.items()
        if {**files.get(name, {}), **stamp} != files.get(name)
    ]
    gone = set(files) - set(here)
    if not changed and not gone:
        return

    def send(name: str) -> None:
        fetched = files.get(name, {}).get("generation", 0)
        try:
            now = storage.upload(f"{url}/{name}", copy / name, generation=fetched)
        except storage.ChangedError as error:
            raise OSError(
                f"{url}/{name} was written by another process meanwhile, and stays."
            ) from error
        files[name] = {**here[name], "generation": now}

    list(_each(changed, send))
    for name in gone:
        storage.delete(f"{url}/{name}")
        del files[name]
    write_json(copy / MARK, {"url": url, "files": files})


def put_back_own() -> None:
    """Puts back what changed in this process's own copies.

    Raises:
      OSError: a bucket cannot be written; says where the copy stays.
    """
    for folder, url in list(own_copies.items()):
        try:
            put_back(Path(folder))
        except OSError as error:
            del own_copies[folder]
            raise OSError(f"{error} What {url} lacks is in {folder}.") from error


def _remove_own() -> None:
    for folder in own_copies:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_around(path: Path) -> Path | None:
    path = path.resolve()
    above = (folder for folder in (path, *path.parents) if (folder / MARK).is_file())
    return next(above, None)


def _apart(name: str) -> bool:
    """Whether a file stays where it is: of a checkpoint, or hidden."""
    parts = name.split("/")
    return CHECKPOINTS in parts[:-1] or any(part.startswith(".") for part in parts)


def _names(copy: Path) -> list[str]:
    files = (p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    return sorted(name for name in files if not _apart(name))


def _stamp(file: Path) -> dict[str, Any]:
    found = file.stat()
    return {"size": found.st_size, "modified": found.st_mtime_ns}


def _each(names: Collection[str], move: Callable[[str], None]) -> Iterator[str]:
    """Moves files, several at once; their names, as soon as those before are moved."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for name, _ in zip(names, pool.map(move, names), strict=True):
            yield name
