"""Whether a generated sound is still heard as its instrument as a waveform; JSON.

    python benchmarks/heard.py --data=data/pocket_orchestra --n=16

Judges look at spectrograms, people hear waveforms. Sounds made from pictures are turned
into waveforms as `generate` does and analysed anew, and the judges are asked again;
`real` says the same of real spectrograms, which lose what no inversion finds. The model
is that of the package; with --model, those of workdirs or of a file of weights.
"""

import json

import numpy as np
from absl import app, flags

import cmgan_jax
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.judges import require_judges
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.media.log_mel import encode_windows

_DATA = flags.DEFINE_string("data", None, "Prepared data, with judges.", required=True)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")
_N = flags.DEFINE_integer("n", 16, "Sources of every class.", lower_bound=1)

_BATCH = 64


def heard(sounds: np.ndarray, representation) -> np.ndarray:
    """Spectrograms of the waveforms of spectrograms, uint8 [n m t 1]."""
    waveforms = waveform_maker(representation)
    return np.concatenate(
        [
            encode_windows(waveforms(sounds[i : i + _BATCH]), representation)
            for i in range(0, len(sounds), _BATCH)
        ]
    )


def main(_):
    model = cmgan_jax.load(*_MODEL.value).model("i2s")
    prepared = open_prepared(_DATA.value)
    split, judges = prepared.split(_SPLIT.value), require_judges(prepared, "sound")
    label = split.image.label
    rows = np.concatenate(
        [
            own[np.linspace(0, len(own) - 1, _N.value).astype(int)]
            for own in (np.flatnonzero(label == one) for one in np.unique(label))
        ]
    )
    partner = partners(label, split.sound.label, pairing=prepared.pairing, seed=0)
    kinds = {
        "generated": model.generate(
            np.asarray(split.image.array)[rows], direction=model.direction
        ),
        "real": np.asarray(split.sound.array)[partner[rows]],
    }
    result = {"split": _SPLIT.value, "n": len(rows)}
    for kind, sounds in kinds.items():
        again = heard(sounds, prepared.representation)
        result[kind] = {}
        for judge in judges:
            seen = judge.guess(sounds) == label[rows]
            listened = judge.guess(again) == label[rows]
            ends = interval(listened, split.image.song[rows])
            result[kind][judge.name] = {
                "spectrogram": round(float(seen.mean()), 3),
                "waveform": round(float(listened.mean()), 3),
                "interval": [round(end, 3) for end in ends],
            }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
