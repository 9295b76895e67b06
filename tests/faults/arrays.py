"""Prepared arrays with a flipped bit: no score is given, no training goes on."""

import random
import shutil
import time
from pathlib import Path

from cmgan_jax.data.integrity import require_whole
from cmgan_jax.data.prepared import find_prepared, open_prepared
from cmgan_jax.data.verification import BackgroundVerification, DamagedDataError
from tests.faults.promise import Promise
from tests.faults.smallest import Smallest

FLIPS_PER_TRIAL = 4


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R9, of bits; what is wrong with media is listed by `prepare`."""
    promise = Promise(
        "R9",
        "damaged data are not scored and not trained on to the end; the file is named",
        "a random bit of a random file of prepared data flipped",
    )
    folder = smallest.place / "flipped"
    shutil.rmtree(folder, ignore_errors=True)
    (whole,) = find_prepared(smallest.data)
    shutil.copytree(whole, folder)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)
    draw = random.Random(0)
    for _ in range(trials * FLIPS_PER_TRIAL):
        file = draw.choice(files)
        kept = file.read_bytes()
        content = bytearray(kept)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        file.write_bytes(content)
        told = _told(folder)
        named = file.name.removesuffix(".npz").removesuffix("_items") in told
        promise.count(named, f"{file.relative_to(folder)}: {told or 'not noticed'}")
        file.write_bytes(kept)
    return [promise]


def _told(folder: Path) -> str:
    """What opening says, or what both evaluating and training would say."""
    try:
        splits = tuple(open_prepared(folder).splits)
    except (ValueError, OSError) as error:
        return str(error)
    try:
        require_whole(folder, splits)
        return ""
    except ValueError as error:
        told = str(error)
    try:
        with BackgroundVerification(folder, bytes_per_second=1e12) as arrays:
            for _ in range(400):
                arrays.require_whole()
                time.sleep(0.01)
    except DamagedDataError:
        return told
    return ""
