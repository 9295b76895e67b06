"""python -m cmgan_jax VERB --flags"""

import atexit
import os
import signal
import sys

from cmgan_jax.runtime.stopping import StoppedExit, on_signals, stop_status


def _stop_at_once(number: int, frame: object) -> None:
    """Ends without a traceback: libraries that are being imported have begun nothing.

    An exception would end somewhere in one of them, and some turn it into another.
    """
    os.write(2, b"stopped before anything began.\n")
    os._exit(stop_status(sys.argv[1] if len(sys.argv) > 1 else "", number))


def main() -> None:
    """Runs the command line, quiet when it is stopped while libraries are imported."""
    on_signals(_stop_at_once)
    statuses: list[int] = []
    # Registered first, it is called last: libraries have tidied up.
    atexit.register(_leave, statuses)
    from cmgan_jax.cli.main import main as run

    try:
        try:
            run()
        finally:
            sys.stdout.flush()
    except StoppedExit as end:
        statuses.append(end.code)
        raise
    except BrokenPipeError:
        # Who reads what is printed has left, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def _leave(statuses: list[int]) -> None:
    """Ends a process that was stopped before the interpreter is taken apart.

    A stop may come while XLA compiles or computes, in threads that use what would go:
    such a process, its work saved, has ended by SIGSEGV.
    """
    if statuses:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(statuses[0])


if __name__ == "__main__":
    main()
