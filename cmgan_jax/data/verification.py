"""The arrays of prepared data, compared with their digests while something else runs.

Opening data checks all other files; arrays take minutes to read.
"""

import contextlib
import hashlib
import pathlib
import sys
import threading
from typing import BinaryIO

from cmgan_jax.data.integrity import read_description
from cmgan_jax.runtime import processes

# A hundredth of a processor core, and of what a disk gives.
BYTES_PER_SECOND = 10e6
_BLOCK = 1 << 20
_MEND = (
    "Nothing is saved any more; checkpoints saved before may have learned from what is "
    "wrong there. Copy the data again from where they are whole, or "
    "prepare them again with --update; then start the run again, in a new folder to be "
    "sure."
)


class DamagedDataError(ValueError):
    """An array is not as it was prepared."""


class BackgroundVerification:
    """Reads every array once, slowly, in a thread of its own.

    To be used in a with statement: the thread runs inside and is never waited for. It
    reads the files that were there at the start, as who has mapped them does, whatever
    is put in their place meanwhile. When all are right it says so on standard error.
    Of several processes the first one reads.
    """

    def __init__(
        self, folder: pathlib.Path, *, bytes_per_second: float = BYTES_PER_SECOND
    ):
        """Reads nothing yet.

        Args:
          folder: of finished data.
          bytes_per_second: how much is read.
        """
        self._folder = folder
        self._bytes_per_second = bytes_per_second
        self._stop = threading.Event()
        self._damage = ""

    def __enter__(self) -> "BackgroundVerification":
        if not processes.is_first():
            return self
        recorded = read_description(self._folder)["sha256"]
        arrays = [
            (name, (self._folder / name).open("rb"), digest)
            for name, digest in recorded.items()
            if name.endswith(".npy")
        ]
        threading.Thread(
            target=self._verify, args=(arrays,), name="verification", daemon=True
        ).start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()

    def require_whole(self) -> None:
        """Goes on unless damage has been found so far; takes no time.

        Raises:
          DamagedDataError: names the file and what to do.
        """
        if self._damage:
            raise DamagedDataError(self._damage)

    def _verify(self, arrays: list[tuple[str, BinaryIO, str]]) -> None:
        size = 0
        with contextlib.ExitStack() as opened:
            for _, file, _ in arrays:
                opened.enter_context(file)
            for name, file, digest in arrays:
                difference = self._difference(file, digest)
                if self._stop.is_set():
                    return
                if difference:
                    self._damage = f"{self._folder / name} {difference}. {_MEND}"
                    return
                size += file.tell()
        print(
            f"verified: {len(arrays)} arrays of {self._folder}, {size:,} bytes, are as "
            "they were prepared.",
            file=sys.stderr,
            flush=True,
        )

    def _difference(self, file: BinaryIO, expected: str) -> str:
        """What is wrong with a file, or nothing; nothing, too, once told to stop."""
        digest = hashlib.sha256()
        try:
            while block := file.read(_BLOCK):
                digest.update(block)
                if self._stop.wait(len(block) / self._bytes_per_second):
                    return ""
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if digest.hexdigest() == expected:
            return ""
        return "is not as it was prepared (SHA-256 differs)"
