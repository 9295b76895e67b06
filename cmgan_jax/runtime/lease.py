"""One process at a time in a folder of a bucket, where no file can be locked.

The holder keeps an object there and writes it anew every few seconds. Whoever finds one
watches it: an object that changes has a holder; one that does not was left by a process
that was killed, and is taken over. No clock of one machine is compared with another's.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

from cmgan_jax.runtime import bucket_storage as storage
from cmgan_jax.runtime.lock import HeldError, holder_in, myself

RENEWED = 15.0  # seconds between two writings
SILENCE = 60.0  # seconds without one, after which the holder is taken for dead


@contextlib.contextmanager
def lease(address: str, work: str, *, wait: bool = False) -> Iterator[None]:
    """Holds an object in a bucket for this process.

    A process that loses it, because it was silent for too long, is told to stop as
    SIGTERM tells it.

    Args:
      address: of the object.
      work: the verb that is done, such as "train".
      wait: for another process to be done, instead of refusing.

    Raises:
      HeldError: another process holds it; says which, where and since when.
      OSError: the bucket cannot be read or written.
    """
    text = json.dumps(myself())
    renewal = _Renewal(address, text, _taken(address, text, work, wait=wait))
    renewal.start()
    try:
        yield
    finally:
        renewal.end()


def _taken(address: str, text: str, work: str, *, wait: bool) -> int:
    """The generation of the object that this process wrote."""
    said = False
    while True:
        found = storage.read_text(address)
        held, generation = found or ("", 0)
        holder = holder_in(held)
        who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}"
        if found and not said:
            print(
                f"{who} holds {address} since {holder.get('since', '?')}: watching for "
                f"{SILENCE:.0f} s whether it is still at work.",
                file=sys.stderr,
                flush=True,
            )
            said = True
        if found and _renewed(address, generation):
            if wait:
                continue
            raise HeldError(
                f"{who} does `{work}` there and holds {address} since "
                f"{holder.get('since', '?')}: wait for it, or name another folder."
            )
        with contextlib.suppress(storage.ChangedError):
            return storage.write_text(address, text, generation=generation)


def _renewed(address: str, generation: int) -> bool:
    """Whether an object is written anew while it is watched."""
    end = time.monotonic() + SILENCE
    while time.monotonic() < end:
        time.sleep(RENEWED / 10)
        found = storage.read_text(address)
        if found is None:
            return False
        if found[1] != generation:
            return True
    return False


class _Renewal(threading.Thread):
    """Writes an object anew until it is told to end."""

    def __init__(self, address: str, text: str, generation: int):
        super().__init__(daemon=True)
        self._address, self._text, self._generation = address, text, generation
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(RENEWED):
            try:
                self._generation = storage.write_text(
                    self._address, self._text, generation=self._generation
                )
            except storage.ChangedError:
                if self._still_own():
                    continue
                print(
                    f"another process has taken {self._address} over: stopping.",
                    file=sys.stderr,
                    flush=True,
                )
                os.kill(os.getpid(), signal.SIGTERM)
                return
            except OSError as error:  # The next writing may reach it.
                print(f"warning: {error}", file=sys.stderr, flush=True)

    def _still_own(self) -> bool:
        """Whether this process wrote what is there, in a writing of which no word came.

        Its generation is that of the object then.
        """
        with contextlib.suppress(OSError):
            found = storage.read_text(self._address)
            if found and found[0] == self._text:
                self._generation = found[1]
                return True
        return False

    def end(self) -> None:
        """Stops and deletes the object, if it is still this process's."""
        self._ended.set()
        self.join()
        with contextlib.suppress(storage.ChangedError, OSError):
            storage.delete(self._address, generation=self._generation)
