"""python -m cmgan_jax VERB --flags"""

import os
import sys

from cmgan_jax.runtime.stopping import on_signals, stop_status


def _stop_at_once(number: int, frame: object) -> None:
    """Ends without a traceback: libraries that are being imported have begun nothing.

    An exception would end somewhere in one of them, and some turn it into another.
    """
    os.write(2, b"stopped before anything began.\n")
    os._exit(stop_status(sys.argv[1] if len(sys.argv) > 1 else "", number))


def main() -> None:
    """Runs the command line, quiet when it is stopped while libraries are imported."""
    on_signals(_stop_at_once)
    from cmgan_jax.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
