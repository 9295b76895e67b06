"""The one error of this room: which file, what kind of defect, how to mend it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from cmgan_jax.runtime.names import shown

# What a caller may count and advise by; each is a fixed name.
KINDS = (
    "blank",  # a picture of one colour
    "damaged",  # parts in the middle cannot be decoded
    "non_finite",  # NaN or infinite samples or pixels
    "not_audio",
    "not_picture",
    "not_regular",  # a folder, FIFO, socket, device or loop of links
    "out_of_limits",  # rate, channels, pixels or length that nothing real has
    "permission",
    "shorter_than_window",
    "silence",
    "too_small",  # a picture without room for anything
    "truncated",  # the end is missing
    "unreadable",
    "zero_length",
)
# Of these a sound's remaining samples can be kept.
DAMAGE = ("truncated", "damaged")
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class MediaError(ValueError):
    """A file that cannot become an example.

    Attributes:
      path: the file, as it was given; bytes that are no text are surrogates in it.
      kind: one of KINDS.
      reason: what was found, what was expected, and how to mend it.
    """

    def __init__(self, path: str | os.PathLike, kind: str, reason: str):
        if kind not in KINDS:
            raise ValueError(f"kind={kind!r} is unknown; known: {', '.join(KINDS)}.")
        self.path = os.fsdecode(path)
        super().__init__(f"{shown(self.path)}: {reason}")
        self.kind = kind
        self.reason = reason

    def __reduce__(self):
        # Workers of a process pool raise this error; it must survive the way back.
        return MediaError, (self.path, self.kind, self.reason)


@contextmanager
def only_media_errors(path: str | os.PathLike) -> Iterator[None]:
    """Turns whatever a decoder raises over a file into a MediaError.

    Decoders raise what their parsing of damaged bytes meets: OSError, SyntaxError,
    struct.error, zlib.error, IndexError, AssertionError and others. What says that
    something cannot be written is none of theirs, and stays what it is.
    """
    try:
        yield
    except MediaError:
        raise
    except MemoryError as error:
        reason = "decoding it needs more memory than there is: make it smaller."
        raise MediaError(path, "out_of_limits", reason) from error
    except Exception as error:
        if getattr(error, "errno", None) in _OF_WRITING:
            raise
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        if "truncated" in said.lower() or isinstance(error, EOFError):
            reason = f"breaks off ({said}): copy it again from where it came from."
            raise MediaError(path, "truncated", reason) from error
        raise MediaError(
            path,
            "unreadable",
            f"cannot be decoded ({said}): copy it again from where it came from, or "
            "open it in a program that shows it and save it anew.",
        ) from error
