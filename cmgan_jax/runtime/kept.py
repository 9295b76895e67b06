"""What a long computation has found so far, in a file from which it goes on.

A computation that is begun anew asks for the same arrays in the same order: those that
are in the file are read, the others are computed and added to it.
"""

import fcntl
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

# Called with a function and its arguments; gives what the function returns.
Keep = Callable[..., np.ndarray]
_HEAD = struct.Struct("<QI")  # of every array: its bytes, and their CRC-32


def keep_nothing(
    compute: Callable[..., np.ndarray], *arguments: Any, **more: Any
) -> np.ndarray:
    """Computes now, always."""
    return np.asarray(compute(*arguments, **more))


@contextmanager
def kept_in(path: Path) -> Iterator[Keep]:
    """Keeps arrays in a file, after those that an earlier process kept there.

    Whoever is done removes the file. What was being written when a process was killed
    is written again.

    Args:
      path: named for all that the arrays depend on; its folder is made.

    Raises:
      ValueError: another process keeps arrays there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    with os.fdopen(descriptor, "r+b") as file:
        _take(file, path)

        def keep(compute, *arguments, **more):
            found = _read(file)
            if found is None:
                found = np.asarray(compute(*arguments, **more))
                _write(file, found)
            return found

        yield keep


def _take(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(
            f"another process makes the same in {path.parent}: wait for it."
        ) from error
    except OSError:  # a file system without locks
        pass


def _read(file: BinaryIO) -> np.ndarray | None:
    """The next array; None where there is no whole one, and then nothing after it."""
    start = file.tell()
    head = file.read(_HEAD.size)
    if len(head) == _HEAD.size:
        size, checksum = _HEAD.unpack(head)
        content = file.read(min(size, os.fstat(file.fileno()).st_size))
        if len(content) == size and zlib.crc32(content) == checksum:
            return np.load(io.BytesIO(content), allow_pickle=False)
    file.seek(start)
    file.truncate()
    return None


def _write(file: BinaryIO, array: np.ndarray) -> None:
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    held = content.getbuffer()
    file.write(_HEAD.pack(len(held), zlib.crc32(held)))
    file.write(held)
    file.flush()
