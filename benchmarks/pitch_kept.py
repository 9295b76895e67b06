"""What generated targets keep of the pitch of their source; JSON on stdout.

    python benchmarks/pitch_kept.py --workdir=RUN --data=FOLDER --n=16

The column `pitch` of the prepared data says which note a moment begins with. In sounds
made from pictures SwiftF0 (extra `judges`; a network that others trained) listens to
the beginning of the waveform that a spectrogram becomes. In pictures made from sounds a
regression that was learnt on training pictures of the class reads hands and keys
(pitch_reader.py). `real` says how much such a judge finds in real targets, `other` is
the pitch of another source of the same class: what is right by chance.
"""

import json

import numpy as np
from absl import app, flags
from pitch_reader import PitchReader

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.runs.model import load

_WORKDIR = flags.DEFINE_string("workdir", None, "Of a run.", required=True)
_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")
_DIRECTION = flags.DEFINE_enum(
    "direction", None, ["s2i", "i2s"], "Of a run that knows both."
)
_N = flags.DEFINE_integer("n", 16, "Sources of every class.", lower_bound=2)
_SEED = flags.DEFINE_integer("seed", 0, "Of the noise.")

_BEGINNING = 0.25  # seconds that are listened to
_VOICED = 0.5  # confidence from which SwiftF0 calls a frame voiced
_BATCH = 64
_LEARNT_FROM = 600  # training pictures of every class


def listener(representation):
    """Spectrograms [n m t 1] -> MIDI numbers of their beginnings, NaN without pitch."""
    from swift_f0 import SwiftF0

    network, waveforms = SwiftF0(), waveform_maker(representation)
    rate = representation.sample_rate

    def heard(waveform):
        found = network.detect(waveform[: int(_BEGINNING * rate)], rate)
        # The later half of the frames reaches into what comes next.
        first = slice(0, len(found.pitch_hz) // 2 + 1)
        pitch = found.pitch_hz[first][found.confidence[first] >= _VOICED]
        return np.median(69 + 12 * np.log2(pitch / 440)) if len(pitch) else np.nan

    def listen(sounds, label):
        parts = range(0, len(sounds), _BATCH)
        made = np.concatenate([waveforms(sounds[i : i + _BATCH]) for i in parts])
        return np.array([heard(one.astype(np.float32)) for one in made])

    return listen


def reader(train):
    """Pictures [n h w 3] of labelled classes -> MIDI numbers."""

    def read(pictures, label):
        notes = np.full(len(pictures), np.nan)
        for one in np.unique(label):
            known = np.flatnonzero((train.label == one) & ~np.isnan(train.pitch))
            known = known[np.linspace(0, len(known) - 1, _LEARNT_FROM).astype(int)]
            learnt = PitchReader(np.asarray(train.array)[known], train.pitch[known])
            notes[label == one] = learnt.read(pictures[label == one])
        return notes

    return read


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
    ways = {way.name: way for way in model.system.directions}
    way = ways[_DIRECTION.value] if _DIRECTION.value else model.direction
    split = prepared.split(_SPLIT.value)
    source, target = split.of(way.source), split.of(way.target)
    pitched = ~np.isnan(source.pitch)
    rows = np.concatenate(
        [
            own[np.linspace(0, len(own) - 1, _N.value).astype(int)]
            for own in (
                np.flatnonzero(pitched & (source.label == one))
                for one in np.unique(source.label[pitched])
            )
        ]
    )
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    judge = {
        "sound": lambda: listener(prepared.representation),
        "image": lambda: reader(prepared.split("train").image),
    }[way.target]()
    label, pitch = source.label[rows], np.asarray(source.pitch)[rows]
    made = model.generate(
        np.asarray(source.array)[rows], direction=way, seed=_SEED.value
    )
    real = np.asarray(target.array)[partner[rows]]
    result = {"direction": way.name, "split": _SPLIT.value, "n": len(rows)}
    result["generated"] = summary(judge(made, label), pitch)
    result["real"] = summary(judge(real, label), pitch)
    result["other"] = summary(np.roll(pitch, 1), pitch)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
