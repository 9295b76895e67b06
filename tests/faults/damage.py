"""Every file of a checkpoint damaged: noticed, named, an older one taken."""

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp

from cmgan_jax.runs.checkpoints import SCORE, Checkpoints, abstract
from cmgan_jax.runs.digest import digest
from cmgan_jax.runtime import devices
from tests.faults.promise import Promise
from tests.faults.smallest import Smallest


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _append(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"junk")


def _remove(file: Path) -> None:
    file.unlink()


KINDS: dict[str, Callable[[Path], None]] = {
    "cut short": _cut,
    "a flipped bit": _flip,
    "junk appended": _append,
    "missing": _remove,
}


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R5."""
    promise = Promise(
        "R5",
        "nothing wrong is restored; a damaged checkpoint is set aside and named, and "
        "the newest sound one taken",
        f"every file of the newest and of the best checkpoint x {len(KINDS)} kinds of "
        "damage, strays, swapped steps",
    )
    whole = smallest.place / "whole"
    _save(whole)
    for step in ("3", "1"):
        for file in sorted(p for p in (whole / step).rglob("*") if p.is_file()):
            for kind, damage in KINDS.items():
                name = file.relative_to(whole)
                _try(
                    smallest,
                    promise,
                    f"{name} {kind}",
                    lambda f, n=name, d=damage: d(f / n),
                )
    for kind, stray in STRAYS.items():
        _try(smallest, promise, kind, stray)
    return [promise]


def _tree(step: int) -> dict:
    weights = jnp.arange(3000.0).reshape(30, 100) * (step + 1)
    return {"weights": weights, "step": jnp.int32(step)}


def _items(step: int) -> dict:
    return {"training": _tree(step), "inference": {"w": _tree(step)["weights"][:5]}}


def _save(folder: Path) -> None:
    """Steps 1, the best, 2 and 3, the newest."""
    checkpoints = Checkpoints(folder, keep=2)
    for step in (1, 2, 3):
        checkpoints.save(step, _items(step), {SCORE: float(step)})
    checkpoints.close()


def _stray_folder(folder: Path) -> None:
    (folder / "9").mkdir()


def _stray_file(folder: Path) -> None:
    (folder / "8").write_text("no checkpoint")


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder / "3" / "training")


def _swapped(folder: Path) -> None:
    (folder / "3").rename(folder / "kept")
    (folder / "2").rename(folder / "3")
    (folder / "kept").rename(folder / "2")


STRAYS = {
    "an empty folder 9": _stray_folder,
    "a file called 8": _stray_file,
    "no item left": _emptied,
    "steps 2 and 3 swapped": _swapped,
}


def _try(smallest: Smallest, promise: Promise, name: str, damage) -> None:
    folder = smallest.place / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(smallest.place / "whole", folder)
    damage(folder)
    everywhere = devices.replicated(devices.data_mesh())
    wanted = {name: abstract(tree, everywhere) for name, tree in _items(0).items()}
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            checkpoints = Checkpoints(folder, keep=2)
            step, restored = checkpoints.restore_newest(wanted)
            best = checkpoints.best()
            chosen = checkpoints.restore(best, wanted)
            checkpoints.close()
    except Exception as error:  # whatever escapes breaks the promise
        promise.count(False, f"{name}: {type(error).__name__}: {str(error)[:200]}")
        return
    right = all(
        digest(found[item], step=0) == digest(_items(at)[item], step=0)
        for at, found in ((step, restored), (best, chosen))
        for item in found
    )
    aside = [path.name for path in folder.glob("*.damaged-*")]
    named = all(f"{folder}/{path.split('.')[0]}" in said.getvalue() for path in aside)
    promise.count(right and named, f"{name}: step {step}, best {best}, {aside}")
