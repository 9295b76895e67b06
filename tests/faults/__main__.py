"""python -m tests.faults: breaks what can break, and counts."""

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

from tests.faults import (
    arrays,
    damage,
    disk,
    nonfinite,
    restoring,
    settings,
    steady,
    stops,
    together,
)
from tests.faults.promise import table
from tests.faults.smallest import Smallest

PROOFS = {
    "stops": stops.prove,
    "damage": damage.prove,
    "disk": disk.prove,
    "arrays": arrays.prove,
    "nonfinite": nonfinite.prove,
    "settings": settings.prove,
    "together": together.prove,
    "restoring": restoring.prove,
    "steady": steady.prove,
}


def main() -> None:
    """Tries all that is promised, or some of it, and prints one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--trials", type=int, default=8, help="stops, kills, bits / 4")
    parser.add_argument("--minutes", type=float, default=10.0, help="begins none after")
    parser.add_argument("--only", choices=PROOFS, action="append", default=[])
    given = parser.parse_args()
    start, promises = time.monotonic(), []
    with tempfile.TemporaryDirectory() as place:
        smallest = Smallest(Path(place))
        for name, prove in PROOFS.items():
            if given.only and name not in given.only:
                continue
            if time.monotonic() - start > 60 * given.minutes:
                print(f"{name}: left out, {given.minutes:g} minutes are over.")
                continue
            promises += prove(smallest, given.trials)
            print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    print(table(promises))
    raise SystemExit(any(promise.failures for promise in promises))


if __name__ == "__main__":
    main()
