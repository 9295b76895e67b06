"""Whether a generated sound is still heard as its instrument, and which note; JSON.

    python benchmarks/heard.py --data=data/pocket_orchestra --n=16

Judges look at spectrograms, people hear waveforms. Sounds made from pictures are turned
into waveforms as `generate` does and analysed anew, and the judges are asked again.
With the extra `judges`, SwiftF0, a network that others trained, listens to how they
begin: within half a semitone of the source's pitch, or one and a half. `real` says the
same of real spectrograms, which lose what no inversion finds. The model is that of the
package; with --model, those of workdirs or of a file of weights.
"""

import json

import numpy as np
from absl import app, flags

import cmgan_jax
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.judges import require_judges
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.media.log_mel import encode_windows

_DATA = flags.DEFINE_string("data", None, "Prepared data, with judges.", required=True)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")
_N = flags.DEFINE_integer("n", 16, "Sources of every class.", lower_bound=1)

_BATCH = 64
_BEGINNING = 0.25  # seconds in which a pitch is listened for
_VOICED = 0.5  # confidence from which SwiftF0 calls a frame voiced


def played(sounds: np.ndarray, representation) -> np.ndarray:
    """The waveforms of spectrograms, float32 [n w]."""
    waveforms = waveform_maker(representation)
    parts = range(0, len(sounds), _BATCH)
    made = [waveforms(sounds[i : i + _BATCH]) for i in parts]
    return np.concatenate(made).astype(np.float32)


def notes(waveforms: np.ndarray, rate: int) -> np.ndarray | None:
    """MIDI numbers of the beginnings, NaN without pitch; None without SwiftF0."""
    try:
        from swift_f0 import SwiftF0
    except ModuleNotFoundError:
        return None
    network = SwiftF0()

    def heard(waveform):
        found = network.detect(waveform[: int(_BEGINNING * rate)], rate)
        # The later half of the frames reaches into what comes next.
        first = slice(0, len(found.pitch_hz) // 2 + 1)
        pitch = found.pitch_hz[first][found.confidence[first] >= _VOICED]
        return np.median(69 + 12 * np.log2(pitch / 440)) if len(pitch) else np.nan

    return np.array([heard(waveform) for waveform in waveforms])


def pitch_summary(note: np.ndarray | None, pitch: np.ndarray) -> dict | str:
    """Shares within half a semitone and one and a half; unheard notes are wrong."""
    if note is None:
        return "unknown: pip install 'cmgan_jax[judges]'"
    error = np.abs(note - pitch)[~np.isnan(pitch)]
    return {
        "within_50_cents": round(float((error < 0.5).mean()), 3),
        "within_150_cents": round(float((error < 1.5).mean()), 3),
        "unheard": round(float(np.isnan(error).mean()), 3),
    }


def main(_):
    model = cmgan_jax.load(*_MODEL.value).model("i2s")
    prepared = open_prepared(_DATA.value)
    split, judges = prepared.split(_SPLIT.value), require_judges(prepared, "sound")
    label, rate = split.image.label, prepared.representation.sample_rate
    rows = spread_by_label(label, _N.value)
    pitch = np.asarray(split.image.pitch)[rows]
    partner = partners(label, split.sound.label, pairing=prepared.pairing, seed=0)
    kinds = {
        "generated": model.generate(split.image.array[rows], direction=model.direction),
        "real": split.sound.array[partner[rows]],
    }
    result = {"split": _SPLIT.value, "n": len(rows)}
    for kind, sounds in kinds.items():
        waveforms = played(sounds, prepared.representation)
        again = encode_windows(waveforms, prepared.representation)
        result[kind] = {"pitch": pitch_summary(notes(waveforms, rate), pitch)}
        for judge in judges:
            seen = judge.guess(sounds) == label[rows]
            listened = judge.guess(again) == label[rows]
            ends = interval(listened, split.image.song[rows])
            result[kind][judge.name] = {
                "spectrogram": round(float(seen.mean()), 3),
                "waveform": round(float(listened.mean()), 3),
                "interval": [round(end, 3) for end in ends],
            }
    result["pitch_of_another"] = pitch_summary(np.roll(pitch, 1), pitch)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
