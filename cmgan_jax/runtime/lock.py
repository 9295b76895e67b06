"""One process at a time in a folder: one `prepare`, one `train`."""

import contextlib
import datetime
import errno
import fcntl
import json
import os
import pathlib
import socket
import sys
import time
from collections.abc import Iterator
from typing import TextIO

_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_ASK_AGAIN = 2.0  # seconds between two looks at a lock that is waited for


class HeldError(ValueError):
    """Another process works in the folder."""


def lock_file(work: str) -> str:
    """Name of the file that says who works in a folder, such as ".train.lock"."""
    return f".{work}.lock"


@contextlib.contextmanager
def hold(folder: pathlib.Path, work: str, *, wait: bool = False) -> Iterator[None]:
    """Holds a folder for this process; makes it if it is not there.

    The system releases the lock of a process that ends in any way, so that what such a
    process leaves is recognised. Locks of other machines are not, where a file system
    does not share them: then the file says who holds it.

    Args:
      folder: where the work is done.
      work: the verb that does it, such as "train".
      wait: for another process to be done, instead of refusing.

    Raises:
      HeldError: another process holds it; says which, where and since when.
    """
    file = folder / lock_file(work)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = _taken(file, work, wait=wait)
    except OSError as error:
        if error.errno not in _READ_ONLY or not folder.is_dir():
            raise
        # Nobody can work in it; what is finished there can be looked at.
        yield
        return
    with opened:
        opened.seek(0)
        opened.truncate()
        json.dump(myself(), opened)
        opened.flush()
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def _taken(file: pathlib.Path, work: str, *, wait: bool) -> TextIO:
    """The lock's file, open and locked."""
    said = False
    while True:
        opened = os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        try:
            _take(opened, file, work)
            return opened
        except HeldError as error:
            opened.close()
            if not wait:
                raise
            if not said:
                print(f"waiting: {error}", file=sys.stderr, flush=True)
            said = True
            time.sleep(_ASK_AGAIN)


def _take(opened, file: pathlib.Path, work: str) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = False
    except BlockingIOError:
        held = True
    except OSError:  # a file system without locks: the file's existence has to do
        held = None
    holder = holder_in(opened.read())
    here = holder.get("host") in (None, socket.gethostname())
    if held is None and here:
        held = _runs(holder.get("pid"))
    if held or not here:
        raise HeldError(
            f"process {holder.get('pid', '?')} on {holder.get('host', '?')} does "
            f"`{work}` in {file.parent} since {holder.get('since', '?')}. Wait for it, "
            f"name another folder, or, if it is gone, delete {file}."
        )
    if not file.exists() or not os.path.samestat(
        os.fstat(opened.fileno()), file.stat()
    ):
        raise HeldError(
            f"another process just ended `{work}` in {file.parent}. Start again."
        )


def holder_in(text: str) -> dict:
    """What a lock says of its holder, as `myself` wrote it; {} of any other text."""
    try:
        holder = json.loads(text or "{}")
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


def myself() -> dict:
    """What a lock says of this process: "pid", "host" and "since"."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
