"""What a verb opens, unpickles and listens to, by Python's own audit events."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
# What TensorBoard's writer unpickles, of what it hands to its own thread by a pipe.
_OWN_THREAD = (("tensorboardX.proto.event_pb2", "Event"), ("builtins", "object"))
_watchers: list["Audit"] = []


def _see(event: str, arguments: tuple) -> None:
    for watcher in _watchers:
        watcher.see(event, arguments)


# A hook stays for good, and does nothing where nobody watches.
sys.addaudithook(_see)


class Audit:
    """What happened while it was watched that should not have."""

    def __init__(self, *allowed: Path):
        """Watches nothing yet.

        Args:
          allowed: folders that may be written into.
        """
        self._allowed = [os.path.realpath(place) for place in (*allowed, "/dev")]
        self.found: list[str] = []

    def see(self, event: str, arguments: tuple) -> None:
        """Keeps what should not have happened."""
        if event in ("socket.bind", "socket.listen"):
            self.found.append(f"{event} {arguments[-1]}")
        if event == "pickle.find_class" and arguments not in _OWN_THREAD:
            self.found.append(f"{event} {'.'.join(arguments)}")
        if event == "open" and arguments[2] & _WRITING:
            path = arguments[0]
            if isinstance(path, str | bytes) and not self._may(os.fsdecode(path)):
                self.found.append(f"wrote {os.fsdecode(path)}")

    def _may(self, path: str) -> bool:
        real = os.path.realpath(path)
        if "__pycache__" in real:  # Python's own
            return True
        return any(
            os.path.commonpath([real, place]) == place for place in self._allowed
        )


@contextlib.contextmanager
def watched(*allowed: Path) -> Iterator[Audit]:
    """Watches this process; only the folders named may be written into."""
    audit = Audit(*allowed)
    _watchers.append(audit)
    try:
        yield audit
    finally:
        _watchers.remove(audit)
