"""Which pitch is heard in sounds made from pictures; JSON on stdout.

    python benchmarks/pitch_heard.py --workdir=RUN --data=FOLDER --n=16

The column `pitch` of the prepared data says which note a picture shows: the one that
its sound begins with. pYIN (Mauch and Dixon 2014, in librosa) listens to the beginning
of the waveform that the generated spectrogram becomes, and to that of the real one,
which says how much such a listener finds at all; `other` is the real pitch of another
picture of the same class: what is right by chance.
"""

import json

import librosa
import numpy as np
from absl import app, flags

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.runs.model import load

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Of an image-to-sound run.", required=True
)
_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_SPLIT = flags.DEFINE_string("split", "test", "Split of the pictures.")
_N = flags.DEFINE_integer("n", 16, "Pictures of every class.", lower_bound=2)
_SEED = flags.DEFINE_integer("seed", 0, "Of the noise.")

_BEGINNING = 0.25  # seconds that are listened to
_BATCH = 64


def heard(waveforms: np.ndarray, sample_rate: int) -> np.ndarray:
    """MIDI note numbers of the beginnings of waveforms, NaN where there is no pitch."""
    notes = []
    for waveform in waveforms[:, : int(_BEGINNING * sample_rate)]:
        frequency, voiced, _ = librosa.pyin(
            waveform, fmin=35, fmax=2200, sr=sample_rate, hop_length=512
        )
        # The later half of the frames reaches into what comes next.
        first = slice(0, (len(frequency) + 1) // 2)
        found = frequency[first][voiced[first]]
        notes.append(np.median(librosa.hz_to_midi(found)) if len(found) else np.nan)
    return np.array(notes)


def summary(note: np.ndarray, pitch: np.ndarray) -> dict:
    """Shares within 50 cents, one and two semitones; no pitch counts as wrong."""
    error = np.abs(note - pitch)
    known = error[~np.isnan(error)]
    return {
        "within_50_cents": round(float((error < 0.5).mean()), 3),
        "within_1_semitone": round(float((error < 1.5).mean()), 3),
        "within_2_semitones": round(float((error < 2.5).mean()), 3),
        "median_semitones": round(float(np.median(known)), 2) if len(known) else None,
        "without_pitch": round(float(np.isnan(error).mean()), 3),
    }


def main(_):
    model, prepared = load(_WORKDIR.value), open_prepared(_DATA.value)
    split = prepared.split(_SPLIT.value)
    label = split.image.label
    rows = np.concatenate(
        [
            own[np.linspace(0, len(own) - 1, _N.value).astype(int)]
            for own in (np.flatnonzero(label == one) for one in np.unique(label))
        ]
    )
    waveforms = waveform_maker(prepared.representation)
    partner = partners(label, split.sound.label, pairing=prepared.pairing, seed=0)
    pitch = np.asarray(split.sound.pitch)[partner[rows]]
    sounds = {
        "generated": model.generate(split.image.array[rows], seed=_SEED.value),
        "real": split.sound.array[partner[rows]],
    }
    result = {"split": _SPLIT.value, "n": len(rows)}
    for name, some in sounds.items():
        parts = range(0, len(some), _BATCH)
        made = np.concatenate([waveforms(some[i : i + _BATCH]) for i in parts])
        note = heard(made, prepared.representation.sample_rate)
        result[name] = summary(note, pitch)
    result["other"] = summary(np.roll(pitch, 1), pitch)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
