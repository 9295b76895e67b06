"""Files are opened here: regular ones only, once, and read within bounds.

Everything after reads from the open file, so that nothing can change under it.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from cmgan_jax.media.errors import MediaError
from cmgan_jax.runtime.names import shown

# A decoder that goes in circles over a damaged file is stopped: it is told that the
# file ends once it has read it this many times over.
_TIMES_OVER = 32
_ALLOWANCE = 64 << 20
# Some recorders and downloads put zeros in front of what the file is.
_LONGEST_LEAD = 64 << 10
_SHORTEST_LEAD = 16

_SORTS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class MediaFile:
    """An open regular file as decoders see it: without name, read within bounds.

    Zeros in front of the content are passed over. Without a name, no decoder guesses
    by suffix.

    Attributes:
      path: the file, as it was given.
      size: bytes of the content.
      head: the first 64 bytes of the content, fewer if there are no more.
      exhausted: whether a decoder was stopped because it read too much.
    """

    def __init__(self, file, path: str):
        self.path = path
        self._file = file
        self._lead = _leading_zeros(file)
        self.size = os.fstat(file.fileno()).st_size - self._lead
        self._budget = _TIMES_OVER * self.size + _ALLOWANCE
        self.exhausted = False
        self.seek(0)
        self.head = file.read(64)
        self.seek(0)

    def read(self, count: int | None = -1) -> bytes:
        """At most `count` bytes from here on; empty at the end or out of bounds."""
        if self.exhausted:
            return b""
        content = self._file.read(count)
        self._budget -= len(content)
        self.exhausted = self._budget < 0
        return content

    def readinto(self, buffer) -> int:
        """Fills a buffer as far as the content goes; bytes read."""
        content = self.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves within the content; the new position."""
        if whence == os.SEEK_SET:
            offset += self._lead
        return self._file.seek(offset, whence) - self._lead

    def tell(self) -> int:
        """The position within the content."""
        return self._file.tell() - self._lead

    def fileno(self) -> int:
        """The descriptor, for libtiff, which would else take a copy of the file.

        Raises:
          OSError: zeros were passed over, which a descriptor cannot say.
        """
        if self._lead:
            raise OSError(errno.EBADF, "positions differ from the file's")
        return self._file.fileno()

    def readable(self) -> bool:
        """Always; asked by libraries that take file objects."""
        return True

    def seekable(self) -> bool:
        """Always; asked by libraries that take file objects."""
        return True

    def write(self, _: bytes) -> int:
        """Refused; asked for by libsndfile's binding, which only looks for it."""
        raise OSError(errno.EBADF, "opened for reading only")


@contextmanager
def open_media(path: str | os.PathLike) -> Iterator[MediaFile]:
    """Opens a regular file; whatever else bears the name is refused by its sort.

    Raises:
      MediaError: not_regular, permission, unreadable (not there, or a link to what is
        not) or zero_length.
    """
    try:
        _require_regular(path, os.stat(path).st_mode)
        # A FIFO put there meanwhile must not be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_open(path, error) from error
    except MediaError:
        raise
    except ValueError as error:  # a NUL, or no name of this file system
        raise MediaError(path, "unreadable", "no file has such a name.") from error
    with open(descriptor, "rb") as file:
        information = os.fstat(descriptor)
        _require_regular(path, information.st_mode)
        if information.st_size == 0:
            raise MediaError(
                path, "zero_length", "the file is empty (0 bytes): copy it again."
            )
        try:
            media = MediaFile(file, os.fsdecode(path))
        except OSError as error:
            raise MediaError(path, "unreadable", f"{error.strerror}.") from error
        yield media


def _require_regular(path: str | os.PathLike, mode: int) -> None:
    error = not_regular(path, mode)
    if error is not None:
        raise error


def not_regular(path: str | os.PathLike, mode: int) -> MediaError | None:
    """What stands at a path by its mode (`os.stat`), None if it is a regular file."""
    if stat.S_ISREG(mode):
        return None
    sort = next((name for test, name in _SORTS if test(mode)), "no regular file")
    link = "a link to " if os.path.islink(path) else ""
    return MediaError(
        path, "not_regular", f"is {link}{sort}; only regular files are read."
    )


def cannot_open(path: str | os.PathLike, error: OSError) -> MediaError:
    """What stands at a path that cannot be opened or listed."""
    if isinstance(error, PermissionError):
        return MediaError(
            path, "permission", "permission to read denied: chmod u+r would give it."
        )
    if error.errno == errno.ELOOP:
        return MediaError(
            path, "not_regular", "is a link that leads back to itself: remove it."
        )
    if error.errno == errno.ENOENT and os.path.islink(path):
        target = shown(os.fsdecode(os.readlink(path)))
        return MediaError(
            path, "unreadable", f"is a link to {target}, which is not there."
        )
    return MediaError(path, "unreadable", f"{error.strerror}.")


def _leading_zeros(file) -> int:
    """Bytes to pass over in front of the content, 0 where they may belong to it."""
    content = file.read(_LONGEST_LEAD)
    zeros = len(content) - len(content.lstrip(b"\0"))
    return zeros if _SHORTEST_LEAD <= zeros < len(content) else 0
