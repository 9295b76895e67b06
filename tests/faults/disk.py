"""A disk that fills up: one line, older checkpoints whole, on when there is room."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.promise import Promise
from tests.faults.smallest import Smallest, digests

SIZE = 64_000_000
# Bytes left free when the run begins: it fills the disk at another moment each time.
LEFT = (20_000, 200_000, 400_000, 700_000, 1_000_000, 1_500_000)


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R6, and what a finished run on a read-only disk is good for."""
    full = Promise(
        "R6",
        "a full disk is one clear line; checkpoints saved before stay whole; it goes "
        "on when there is room, to the same end",
        f"training on a tmpfs with {LEFT[0]:,} to {LEFT[-1]:,} bytes left; digests",
    )
    if os.geteuid() or not shutil.which("mount"):
        full.left_out = "needs root, to mount a small disk |"
        return [full]
    disk = smallest.place / "disk"
    for left in LEFT:
        with _mounted(disk):
            _fill(smallest, full, disk, left)
    return [full]


@contextlib.contextmanager
def _mounted(disk: Path) -> Iterator[None]:
    disk.mkdir(exist_ok=True)
    kind = ("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs")
    subprocess.run(["mount", *kind, str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _fill(smallest: Smallest, promise: Promise, disk: Path, left: int) -> None:
    filler, workdir = disk / "filler", disk / "run"
    free = os.statvfs(disk)
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize - left))
    status, said = smallest.finish(smallest.train(workdir))
    lines = [line for line in said.splitlines() if "steps/s" not in line]
    clear = sum("Make room" in line for line in lines) == 1
    polite = status == 1 and "Traceback" not in said and clear
    filler.unlink()
    after, more = smallest.finish(smallest.train(workdir))
    same = digests(workdir) == digests(smallest.straight)
    promise.count(
        (polite or status == 0) and after == 0 and same and "damaged" not in more,
        f"{left:,} bytes left: status {status}, {len(lines)} lines, then {after}: "
        f"{said[-400:]!r} {more[-200:]!r}",
    )
