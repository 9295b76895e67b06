"""What a process does that is asked to stop: one line, and an exit status."""

import os
import signal
import threading
from typing import Any

# Verbs that keep what they have done: to be stopped is no failure of theirs.
KEEPING = ("train", "judge", "reproduce")
# What they exit with then, where a scheduler is to start them again by status.
STATUS_VARIABLE = "CMGAN_STOP_STATUS"
_A_MOMENT = 0.1  # seconds after which a stop that was dropped is asked for again


class Stopped(KeyboardInterrupt):
    """SIGTERM arrived: caught by whoever catches SIGINT."""


class StoppedExit(SystemExit):
    """The end of a verb that was asked to stop, and has tidied up."""


def stop_status(verb: str, number: int) -> int:
    """The exit status of a verb that was asked to stop by a signal of this number.

    Raises:
      ValueError: CMGAN_STOP_STATUS is no exit status.
    """
    if verb not in KEEPING:
        return 128 + number
    given = os.environ.get(STATUS_VARIABLE, "0")
    if not (given.isdecimal() and int(given) < 256):
        raise ValueError(
            f"{STATUS_VARIABLE}={given!r} is no exit status: give a number from 0 to "
            "255."
        )
    return int(given)


def on_signals(handler) -> dict[int, Any]:
    """Has SIGINT and SIGTERM handled, as far as nobody asked for them to be ignored.

    In the background of a script SIGINT is ignored, and stays so.

    Args:
      handler: (number, frame), as in `signal.signal`.

    Returns:
      Number of each signal that is handled now -> what had handled it.
    """
    return {
        number: signal.signal(number, handler)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }


def raise_stopped(number: int, frame: object) -> None:
    """Handler that ends a verb as Ctrl-C does, files half written removed.

    Raises:
      KeyboardInterrupt: of SIGINT.
      Stopped: of SIGTERM.
    """
    raise KeyboardInterrupt if number == signal.SIGINT else Stopped


def asked_again(dropped) -> bool:
    """Whether an exception that nobody gets was a stop: it is asked for once more.

    A handler runs wherever the interpreter is. In a callback of garbage collection, of
    which JAX has one, what it raises is dropped, and the verb would go on.

    Args:
      dropped: what Python tells `sys.unraisablehook`.
    """
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        return False
    stopped = issubclass(dropped.exc_type, Stopped)
    number = signal.SIGTERM if stopped else signal.SIGINT
    # Raised here, it would be dropped as well.
    again = threading.Timer(_A_MOMENT, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()
    return True
