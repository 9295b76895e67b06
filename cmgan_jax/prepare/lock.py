"""One `prepare` at a time in a folder."""

import contextlib
import datetime
import fcntl
import json
import os
import pathlib
import socket
from collections.abc import Iterator

LOCK_FILE = ".prepare.lock"


@contextlib.contextmanager
def hold(folder: pathlib.Path) -> Iterator[None]:
    """Holds a folder for this process; makes it if it is not there.

    The system releases the lock of a process that ends in any way, so that what such a
    process leaves is recognised. Locks of other machines are not, where a file system
    does not share them: then the file says who holds it.

    Args:
      folder: where data are prepared.

    Raises:
      ValueError: another process holds it; says which, where and since when.
    """
    file = folder / LOCK_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        if not folder.is_dir():
            raise
        # Nobody can prepare into it; what is finished there can be looked at.
        yield
        return
    with os.fdopen(descriptor, "r+") as opened:
        _take(opened, file)
        opened.seek(0)
        opened.truncate()
        json.dump(_myself(), opened)
        opened.flush()
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _take(opened, file: pathlib.Path) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = False
    except BlockingIOError:
        held = True
    except OSError:  # a file system without locks: the file's existence has to do
        held = None
    holder = _read(opened)
    here = holder.get("host") in (None, socket.gethostname())
    if held is None and here:
        held = _runs(holder.get("pid"))
    if held or not here:
        raise ValueError(
            f"{file.parent} is being prepared by process {holder.get('pid', '?')} on "
            f"{holder.get('host', '?')} since {holder.get('since', '?')}. Wait for it, "
            f"name another --output, or, if it is gone, delete {file}."
        )
    if not file.exists() or not os.path.samestat(
        os.fstat(opened.fileno()), file.stat()
    ):
        raise ValueError(
            f"{file.parent} was just prepared by another process. Start again."
        )


def _read(opened) -> dict:
    try:
        holder = json.loads(opened.read() or "{}")
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _runs(pid: int | None) -> bool:
    if not isinstance(pid, int) or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _myself() -> dict:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
