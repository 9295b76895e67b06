"""Damaged media and archives by the thousand, each read in a process; JSON on stdout.

    python benchmarks/mutated_media.py --n=2000 --formats=wav,flac,jpg

Small valid files are made, then bytes are flipped, removed, repeated, or set to the
largest and smallest numbers, or the file is cut. Each is read as `prepare` and then as
`generate` read it, in a process with a limit on memory and time. Right is: read, or
refused with a reason; archives write nothing outside the folder they are unpacked into.
"""

import itertools
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
from absl import app, flags
from small_media import ARCHIVES, SOUNDS, valid_files

from cmgan_jax.generation.media_in import read_sources
from cmgan_jax.media.errors import DAMAGE, MediaError
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.media.windows import windows_of
from cmgan_jax.prepare.archives import ArchiveError
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.media_tasks import ClassTask, MediaFile
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import Representation

_N = flags.DEFINE_integer("n", 2000, "Mutated files in all.", lower_bound=1)
_FORMATS = flags.DEFINE_list(
    "formats", "wav,flac,mp3,ogg,m4a,jpg,png,gif,webp,tiff,zip,tar", "These."
)
_SEED = flags.DEFINE_integer("seed", 0, "Chooses the mutations.")
_SECONDS = flags.DEFINE_float("seconds", 10.0, "A reader that takes longer hangs.")
_GIGABYTES = flags.DEFINE_float("gigabytes", 1.0, "Address space added to a process.")
_KEEP = flags.DEFINE_string("keep", None, "Folder for files that went wrong.")

_AS_USUAL = Representation()
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """One or a few damages of one sort."""
    damaged, sort = bytearray(content), rng.integers(6)
    size = len(damaged)
    if sort == 0:
        return bytes(damaged[: rng.integers(1, size)])
    if sort == 5:
        start, length = rng.integers(size), rng.integers(1, 2000)
        part = damaged[start : start + length]
        damaged[start : start + length] = b"" if rng.random() < 0.5 else part * 2
        return bytes(damaged)
    # Headers and tables, in front or at the end, are where most goes wrong.
    reach = size if sort in (1, 2) else min(size, 512)
    from_end = rng.random() < 0.5
    for _ in range(rng.integers(1, 20)):
        at = int(rng.integers(reach))
        at = size - 1 - at if from_end else at
        if sort in (1, 3):
            damaged[at] ^= 1 << rng.integers(8)
        else:
            number = int(rng.choice(_NUMBERS))
            width = int(rng.choice([1, 2, 4]))
            order = "big" if rng.random() < 0.5 else "little"
            field = (number & (1 << 8 * width) - 1).to_bytes(width, order)
            damaged[at : at + width] = field
    return bytes(damaged)


def read(path: str, name: str) -> str:
    """Reads a file as both verbs do; "read" or the kind of its refusal."""
    if name in ARCHIVES:
        return _prepare_archive(Path(path))
    modality = "sound" if name in SOUNDS else "image"
    said = _prepare_file(path, modality)
    if said in DAMAGE and modality == "sound":
        _read_rest(path)
    direction = Direction.named("s2i" if modality == "sound" else "i2s")
    try:
        for source in read_sources(Path(path), _AS_USUAL, direction=direction):
            assert source.array.size
    except MediaError as error:
        # What generate refuses, prepare refuses too.
        assert error.reason and error.kind == said, f"{error.kind}, {said}"
    return said


def _prepare_file(path: str, modality: str) -> str:
    file = MediaFile(path, shown=path, stem="a", song=0)
    images, sounds = ((file,), ()) if modality == "image" else ((), (file,))
    produced = ClassTask(0, images, sounds).produce(_AS_USUAL)
    rows = len(getattr(produced.split, modality))
    assert bool(rows) != bool(produced.defects)
    return produced.defects[0].kind if produced.defects else "read"


def _prepare_archive(path: Path) -> str:
    """Unpacks an archive, and reads what is in it."""
    scratch = path.parent / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    try:
        root = open_source(path, scratch, expected=("img", "audio"))
    except ArchiveError as error:
        assert str(error)
        return "archive_error"
    finally:
        there = sorted(found.name for found in path.parent.iterdir())
        assert there == sorted((path.name, "scratch")), f"written outside: {there}"
    plan = plan_paired_folders(root, pictures_of_sound=False, pairing="stem")
    for task in itertools.chain(*plan.tasks.values()):
        task.produce(_AS_USUAL)
    return "read"


def _read_rest(path: str) -> None:
    """What is kept of a damaged sound, if anything, comes without damage."""
    try:
        for _ in windows_of(path, _AS_USUAL, 0.1, on_damage="keep"):
            pass
    except MediaError:
        pass


def read_apart(path: str, name: str) -> tuple[str, float]:
    """Reads in a process of its own.

    Returns:
      "read", a kind, "traceback: ...", "signal ..." or "hang"; and peak memory in MB.
    """
    receiving, sending = os.pipe()
    process = os.fork()
    if process == 0:
        _answer(path, name, sending)
    os.close(sending)
    ready, _, _ = select.select([receiving], [], [], _SECONDS.value)
    if not ready:
        os.kill(process, signal.SIGKILL)
    _, status, used = os.wait4(process, 0)
    said = os.read(receiving, 4000).decode()
    os.close(receiving)
    if not ready:
        said = "hang"
    elif os.WIFSIGNALED(status) and not said:
        said = f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return said, used.ru_maxrss / 1024


def _answer(path: str, name: str, sending: int) -> None:
    """The process's work: never returns."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = now + int(_GIGABYTES.value * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        said = read(path, name)
    except BaseException:
        said = "traceback: " + traceback.format_exc()[-3000:]
    os.write(sending, said.encode())
    os._exit(0)


def try_format(name: str, count: int, folder: Path) -> dict:
    """Reads mutated files of a format and counts what came of it."""
    files = valid_files(name)
    path = folder / name / f"a.{name}"
    path.parent.mkdir()
    for content in files:
        path.write_bytes(content)
        if (said := read_apart(str(path), name)[0]) != "read":
            raise SystemExit(f"{name}: the valid file itself is not read: {said}")
    rng = np.random.default_rng([_SEED.value, *name.encode()])
    counts, wrong, peak, slowest = Counter(), [], 0.0, 0.0
    for i in range(count):
        path.write_bytes(mutate(files[i % len(files)], rng))
        begun = time.perf_counter()
        said, megabytes = read_apart(str(path), name)
        slowest = max(slowest, time.perf_counter() - begun)
        peak = max(peak, megabytes)
        first = said.split()[0].rstrip(":") if said else "nothing"
        counts[first] += 1
        if first in ("traceback", "signal", "hang", "nothing"):
            wrong.append(said[-600:])
            if _KEEP.value:
                kept = Path(_KEEP.value)
                kept.mkdir(parents=True, exist_ok=True)
                (kept / f"{i}.{name}").write_bytes(path.read_bytes())
    return {
        "files": count,
        "read": counts.pop("read", 0),
        "tracebacks": counts.pop("traceback", 0),
        "hangs": counts.pop("hang", 0),
        "crashes": counts.pop("signal", 0) + counts.pop("nothing", 0),
        "refused": dict(sorted(counts.items())),
        "peak_megabytes": round(peak),
        "slowest_seconds": round(slowest, 2),
        "wrong": wrong[:5],
    }


def main(_):
    names = _FORMATS.value
    # What librosa loads at its first use, once and not in every process.
    silence = np.zeros((1, _AS_USUAL.window_samples), np.float32)
    encode_windows(silence, _AS_USUAL)
    with tempfile.TemporaryDirectory() as folder:
        result = {}
        for name in names:
            result[name] = try_format(name, -(-_N.value // len(names)), Path(folder))
            print(name, json.dumps(result[name]), file=sys.stderr)
    print(json.dumps({"seed": _SEED.value, "formats": result}, indent=2))


if __name__ == "__main__":
    app.run(main)
