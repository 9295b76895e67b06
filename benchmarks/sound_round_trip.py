"""How much of a recording survives log-mel spectrogram and inversion; JSON on stdout.

    python benchmarks/sound_round_trip.py --recordings=FOLDER --n=200

Windows are drawn evenly over the folders that hold recordings. The log-mel spectrogram
is the stored one, uint8, before and after; its errors are of dB in [-top_db, 0].
"""

import json
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

import jax
import librosa
import numpy as np
from absl import app, flags

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.log_mel import encode_windows, filter_bank
from cmgan_jax.media.sounds import decode_sound, is_silent
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.representation import Representation, to_unit

_RECORDINGS = flags.DEFINE_string(
    "recordings", None, "Folder searched for sound files.", required=True
)
_N = flags.DEFINE_integer("n", 200, "Windows measured.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 0, "Chooses windows and the phase begun with.")
_BATCH = flags.DEFINE_integer("batch", 64, "Windows per call.", lower_bound=1)
_REPEATS = flags.DEFINE_integer("repeats", 5, "Calls timed.", lower_bound=1)

_SUFFIXES = {".aif", ".aiff", ".flac", ".mp3", ".ogg", ".wav"}


def draw_windows(
    folder: Path, representation: Representation, *, n: int, seed: int
) -> tuple[np.ndarray, list[str]]:
    """Windows [n window_samples] of random moments, and the folder name of each.

    Raises:
      SystemExit: the folder holds no recording, or none that gives a window.
    """
    recordings = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _SUFFIXES:
            recordings[path.parent.name].append(path)
    if not recordings:
        raise SystemExit(f"{folder} holds no {', '.join(sorted(_SUFFIXES))} file.")
    rng = np.random.default_rng(seed)
    names, windows, drawn_from = sorted(recordings), [], []
    for draw in range(20 * n):
        name = names[draw % len(names)]
        path = recordings[name][rng.integers(len(recordings[name]))]
        window = _random_window(path, representation, rng)
        if window is not None:
            windows.append(window)
            drawn_from.append(name)
        if len(windows) == n:
            return np.stack(windows), drawn_from
    raise SystemExit(f"{folder}: {len(windows)} of {n} windows in {20 * n} draws.")


def _random_window(
    path: Path, representation: Representation, rng: np.random.Generator
) -> np.ndarray | None:
    """One window, or None of a file that is damaged, silent there or too short."""
    length = representation.window_samples
    try:
        waveform = decode_sound(path, representation.sample_rate)
    except MediaError:
        return None
    if len(waveform) < length:
        return None
    start = rng.integers(len(waveform) - length + 1)
    window = waveform[start : start + length]
    return None if is_silent(window) else window


def invert_all(sounds: np.ndarray, representation: Representation) -> np.ndarray:
    """Stored sounds [n m t 1] to waveforms [n w], in batches of one size."""
    rows = -(-len(sounds) // _BATCH.value) * _BATCH.value
    padded = np.resize(sounds, (rows, *sounds.shape[1:]))
    batches = to_unit(padded[..., 0]).reshape(-1, _BATCH.value, *sounds.shape[1:3])
    bank = filter_bank(representation)
    key = jax.random.key(_SEED.value)
    waveforms = [
        invert(batch, filter_bank=bank, representation=representation, key=key)
        for batch in batches
    ]
    return np.concatenate(waveforms)[: len(sounds)]


def time_inversion(sounds: np.ndarray, representation: Representation) -> dict:
    """Seconds of sound made per second, and what the first call costs."""
    batch = np.resize(sounds, (_BATCH.value, *sounds.shape[1:]))
    start = time.perf_counter()
    invert_all(batch, representation)
    first = time.perf_counter() - start
    seconds = []
    for _ in range(_REPEATS.value):
        start = time.perf_counter()
        invert_all(batch, representation)
        seconds.append(time.perf_counter() - start)
    sound_seconds = _BATCH.value * representation.window_seconds
    rates = [sound_seconds / second for second in seconds]
    return {
        "times_real_time": statistics.median(rates),
        "times_real_time_range": [min(rates), max(rates)],
        "first_call_seconds": first,
        "batch": _BATCH.value,
        "repeats": _REPEATS.value,
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
    }


def mel_error(
    before: np.ndarray, after: np.ndarray, names: list[str], top_db: float
) -> dict:
    """dB between stored sounds [n m t 1], a mean over windows."""
    error = (after.astype(np.float64) - before) * (top_db / 255)
    rms = np.sqrt((error**2).mean(axis=(1, 2, 3)))
    by_folder = {
        name: float(rms[np.array(names) == name].mean()) for name in sorted(set(names))
    }
    return {
        "rms_db": float(rms.mean()),
        "absolute_db": float(np.abs(error).mean()),
        "rms_db_median": float(np.median(rms)),
        "rms_db_p90": float(np.quantile(rms, 0.9)),
        "rms_db_by_folder": by_folder,
    }


def pitch_error(before: np.ndarray, after: np.ndarray, sample_rate: int) -> dict:
    """Cents between the pitches (pYIN) of windows voiced on both sides."""
    cents = []
    voiced_before = 0
    for pair in zip(before, after, strict=True):
        tracks = [_pitch(waveform, sample_rate) for waveform in pair]
        voiced_before += np.isfinite(tracks[0])
        if np.isfinite(tracks).all():
            cents.append(abs(1200 * np.log2(tracks[1] / tracks[0])))
    return {
        "cents_median": float(np.median(cents)) if cents else None,
        "share_within_50_cents": float(np.mean(np.less(cents, 50))) if cents else None,
        "voiced_originals": int(voiced_before),
        "voiced_both": len(cents),
    }


def _pitch(waveform: np.ndarray, sample_rate: int) -> float:
    """Median pitch in Hz; NaN where less than half of the window has one."""
    track, voiced, _ = librosa.pyin(
        waveform, fmin=40.0, fmax=2100.0, sr=sample_rate, frame_length=2048
    )
    return float(np.median(track[voiced])) if voiced.mean() > 0.5 else np.nan


def main(_):
    representation = Representation()
    windows, names = draw_windows(
        Path(_RECORDINGS.value), representation, n=_N.value, seed=_SEED.value
    )
    sounds = encode_windows(windows, representation)
    speed = time_inversion(sounds, representation)
    waveforms = invert_all(sounds, representation)
    again = encode_windows(waveforms, representation)
    result = {
        "n": len(windows),
        "seed": _SEED.value,
        "mel_error": mel_error(sounds, again, names, representation.top_db),
        "pitch": pitch_error(windows, waveforms, representation.sample_rate),
        "speed": speed,
        "representation": representation.to_json(),
        "jax": jax.__version__,
        "device": jax.devices()[0].device_kind,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
