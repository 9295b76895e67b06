"""Runs that are stopped or killed at any moment end as the one nobody touched."""

import random
import shutil
import signal
import time

from tests.faults.promise import Promise
from tests.faults.smallest import Smallest, digests, name_of

LONGEST = 10.0  # seconds from a request to stop to the end


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R1 to R4."""
    same = Promise("R1", "the same run gives the same bits", "trained twice; digests")
    expected = digests(smallest.straight)
    again = smallest.place / "again"
    start = time.monotonic()
    smallest.finish(smallest.train(again))
    seconds = time.monotonic() - start
    same.count(len(expected) == 2 and digests(again) == expected, str(expected))

    draw = random.Random(0)
    stopped = Promise(
        "R2, R4",
        f"asked to stop, it saves, says one line, exits 0 within {LONGEST:.0f} s, and "
        "ends as the straight run",
        "SIGTERM or SIGINT from the first import to the last step; digests",
    )
    for trial in range(trials):
        number = (signal.SIGTERM, signal.SIGINT)[trial % 2]
        _break(smallest, stopped, number, draw.uniform(0.1, seconds), expected)
    killed = Promise(
        "R3",
        "killed, it goes on from its last checkpoint and ends as the straight run",
        "SIGKILL from the first import to the last step; digests",
    )
    for _ in range(trials):
        moment = draw.uniform(0.3 * seconds, seconds)
        _break(smallest, killed, signal.SIGKILL, moment, expected)
    return [same, stopped, killed]


def _break(smallest, promise, number, moment, expected) -> None:
    workdir = smallest.place / "broken"
    shutil.rmtree(workdir, ignore_errors=True)
    begun = smallest.train(workdir)
    status, said, took = smallest.signalled(begun, moment, number)
    quiet = "Traceback" not in said and took <= LONGEST and status == 0
    polite = number == signal.SIGKILL or quiet
    after, more = smallest.finish(smallest.train(workdir))
    promise.count(
        polite and after == 0 and digests(workdir) == expected,
        f"{name_of(number)} after {moment:.1f} s: status {status} in {took:.1f} s, "
        f"then {after}; {said[-300:]!r} {more[-300:]!r}",
    )
