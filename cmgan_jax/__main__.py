"""python -m cmgan_jax VERB --flags"""

import os
import signal


def _stop_at_once(*_) -> None:
    """Ends without a traceback: libraries that are being imported have begun nothing.

    An exception would end somewhere in one of them, and some turn it into another.
    """
    os.write(2, b"stopped before anything began.\n")
    os._exit(130)


def main() -> None:
    """Runs the command line, quiet when it is stopped while libraries are imported."""
    # In the background of a script, SIGINT is ignored and stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop_at_once)
    from cmgan_jax.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
