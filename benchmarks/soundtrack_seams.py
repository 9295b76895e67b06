"""Whether a soundtrack clicks where it is put together, against real recordings.

    python benchmarks/soundtrack_seams.py --recordings=FOLDER --workdir=runs/i2s \\
        --pictures=FILM

The spectral flux (gain of the magnitudes every 5 ms, relative to what is there) of the
recordings in a folder and in those below it, of the soundtrack of a film, and of the
soundtrack within 40 ms of its seams: where its blocks meet, and where windows begin.
Percentiles, as JSON.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.soundtrack import sound_of_pictures
from cmgan_jax.generation.translator import load
from cmgan_jax.media.reels import open_reel
from cmgan_jax.media.sounds import decode_sound
from cmgan_jax.signals.streaming import seams

STEP, LENGTH = 110, 512  # samples
NEAR_SECONDS = 0.04
RECORDINGS = 60


def flux(wave: np.ndarray) -> np.ndarray:
    """Of every step, [t]; 0 where nothing sounds."""
    framed = np.lib.stride_tricks.sliding_window_view(wave, LENGTH)[::STEP]
    spectra = np.abs(np.fft.rfft(framed * np.hanning(LENGTH)))
    gained = np.maximum(np.diff(spectra, axis=0), 0).sum(axis=1)
    there = spectra[1:].sum(axis=1)
    heard = there > 1e-3 * there.mean()
    return np.where(heard, gained / np.where(heard, there, 1), 0)


def near(moments: np.ndarray, length: int, rate: int) -> np.ndarray:
    """Which steps lie near moments in seconds."""
    times = (np.arange(length) + 1) * STEP / rate
    return (np.abs(times[:, None] - moments[None]) < NEAR_SECONDS).any(axis=1)


def percentiles(values: np.ndarray) -> dict[str, float]:
    """The middle and the upper end of a distribution."""
    return {
        f"{p:g} %": round(float(np.percentile(values, p)), 3)
        for p in (50, 90, 99, 99.9)
    }


def main() -> None:
    """Prints the flux of recordings, of a soundtrack, and of its seams."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recordings", type=Path, required=True)
    parser.add_argument("--workdir", action="append", default=[])
    parser.add_argument("--pictures", type=Path, required=True)
    flags = parser.parse_args()
    model = load(*flags.workdir).model("i2s")
    representation = model.record.representation
    rate, settings = representation.sample_rate, PieceSettings()
    paths = sorted(p for p in flags.recordings.rglob("*") if p.is_file())
    chosen = paths[:: max(1, len(paths) // RECORDINGS)][:RECORDINGS]
    real = [flux(decode_sound(path, rate)) for path in chosen]
    with open_reel(flags.pictures) as reel:
        wave = np.concatenate(list(sound_of_pictures(model, reel, settings)))
    made = flux(wave)
    hop = representation.hop_length / rate
    blocks = near(seams(len(wave), representation), len(made), rate)
    begin = round(settings.sound_hop / hop / 4) * 4 * hop
    windows = near(np.arange(begin, len(wave) / rate, begin), len(made), rate)
    result = {
        f"recordings ({len(chosen)})": percentiles(np.concatenate(real)),
        f"soundtrack ({len(wave) / rate:.0f} s)": percentiles(made),
        "where blocks meet": percentiles(made[blocks]),
        "where windows begin": percentiles(made[windows & ~blocks]),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
