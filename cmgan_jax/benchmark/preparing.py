"""How fast the verb prepare makes pairs, in a process of its own."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from cmgan_jax.benchmark.timing import seconds
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.media.pictures import write_picture
from cmgan_jax.media.sound_writing import write_wav

# A small and a large preparation of each kind; the large one takes some 5 seconds.
SCALES = (0.03, 0.15)  # of the embedded orchestra: 1,200 and 4,300 pairs
PAIRS = (400, 4000)  # of media files, 300 MB
CLASSES = 8
RATES = (22050, 44100)
FORMATS = ("png", "jpg")
PIXELS = 96


def measure_preparing() -> dict[str, dict[str, float]]:
    """Pairs per second of the embedded orchestra and of folders of media files.

    `pairs_per_second` counts the whole of the large preparation, its start included;
    `steady_pairs_per_second` counts what it has and takes more than the small one.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orchestras = [
            _prepare(folder / f"orchestra_{scale}", f"--scale={scale}")
            for scale in SCALES
        ]
        folders = []
        for pairs in PAIRS:
            source = folder / f"media_{pairs}"
            write_media(source, pairs)
            flags = ("--dataset=paired_folders", f"--source={source}")
            folders.append(_prepare(folder / f"folders_{pairs}", *flags))
    return {"pocket_orchestra": _rates(*orchestras), "paired_folders": _rates(*folders)}


def write_media(folder: Path, pairs: int) -> None:
    """Seconds of sound as WAV and small PNG and JPEG pictures, of several classes."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, 0.05, 2 * max(RATES))
    texture = rng.integers(0, 32, (2 * PIXELS, 2 * PIXELS, 3))
    for index in range(pairs):
        name = f"class{index % CLASSES}/take{index // CLASSES:04}"
        rate = RATES[index // CLASSES % 2]
        tone = 0.3 * np.sin(np.arange(rate) * (200 + index % 800) * 2 * np.pi / rate)
        start = rng.integers(rate)
        sound = tone + noise[start : start + rate]
        write_wav(folder / "audio" / f"{name}.wav", sound, rate)
        top, left = rng.integers(PIXELS, size=2)
        blocks = rng.integers(0, 224, (8, 8, 3)).repeat(PIXELS // 8, 0)
        picture = blocks.repeat(PIXELS // 8, 1)
        picture += texture[top : top + PIXELS, left : left + PIXELS]
        suffix = FORMATS[index // CLASSES // 2 % 2]
        write_picture(folder / "img" / f"{name}.{suffix}", picture.astype(np.uint8))


def _prepare(output: Path, *flags: str) -> tuple[int, float]:
    """Pairs made and seconds taken."""
    command = [sys.executable, "-m", "cmgan_jax", "prepare", f"--output={output}"]
    taken = seconds(
        lambda: subprocess.run([*command, *flags], capture_output=True, check=True)
    )
    splits = open_prepared(output).splits.values()
    return sum(len(split.image) for split in splits), taken


def _rates(small: tuple[int, float], large: tuple[int, float]) -> dict[str, float]:
    pairs, taken = large
    return {
        "pairs_per_second": pairs / taken,
        "steady_pairs_per_second": (pairs - small[0]) / (taken - small[1]),
        "pairs": pairs,
        "seconds": taken,
    }
