"""Whether `prepare --listen` hears the notes that are played; JSON.

    python benchmarks/notes_heard.py

Asked of songs of the embedded orchestra, whose notes are known, and of noise, which has
none. Shares of windows: with a note, of these within half a semitone and within one and
a half of the note played at the beginning, and of noise.
"""

import json

import numpy as np
from absl import app, flags

from cmgan_jax.media.note_hearing import notes_heard
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import perform, plan_songs

_SPLIT = flags.DEFINE_string("split", "test", "Split of the songs.")
_SEED = flags.DEFINE_integer("seed", 0, "Of the songs and the noise.")
_HOP = flags.DEFINE_integer("hop", 5, "Every n-th window is asked.", lower_bound=1)
_RATE, _SECONDS = 22050, 0.5


def main(_):
    by_class: dict[str, list[np.ndarray]] = {}
    for song in plan_songs(_SEED.value)[_SPLIT.value]:
        played = perform(
            song, sample_rate=_RATE, window_seconds=_SECONDS, image_size=16
        )
        heard = notes_heard(played.windows[:: _HOP.value], _RATE)
        away = np.abs(heard - played.pitch[:: _HOP.value])
        by_class.setdefault(song.instrument, []).append(away)
    joined = {name: np.concatenate(some) for name, some in by_class.items()}
    draw = np.random.default_rng(_SEED.value)
    noise = draw.normal(0, 0.1, (1000, round(_RATE * _SECONDS))).astype(np.float32)
    result = {
        "all": summary(np.concatenate(list(joined.values()))),
        **{name: summary(away) for name, away in sorted(joined.items())},
        "noise": {"heard": float(np.mean(~np.isnan(notes_heard(noise, _RATE))))},
    }
    print(json.dumps(result, indent=2))


def summary(away: np.ndarray) -> dict[str, float | int]:
    heard = away[~np.isnan(away)]
    return {
        "windows": len(away),
        "heard": round(len(heard) / len(away), 3),
        "within_half_a_semitone": round(float(np.mean(heard < 0.5)), 3),
        "within_one_and_a_half": round(float(np.mean(heard < 1.5)), 3),
    }


if __name__ == "__main__":
    app.run(main)
