"""Whether generated pictures show the note by other signs than a loss asked for; JSON.

    python benchmarks/notes_seen.py --data=data/pocket_orchestra --model=runs/duet_s2i

Readers of edges please readers of edges. These look at other things, and learn from the
songs that judges learn from: how bright places are, which colours they have, and which
way lines run, with no regard to how strong they are or to which side is brighter.
Shares of notes read within a semitone: off generated pictures, off real ones, and where
the note of another song of the class is looked for in the generated ones.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from absl import app, flags

import cmgan_jax
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.judge_training import rows_for_judges
from cmgan_jax.evaluation.metrics import of_another
from cmgan_jax.evaluation.pitch_reader import read_pitch

_DATA = flags.DEFINE_string("data", None, "Prepared data, with judges.", required=True)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sources.")
_N = flags.DEFINE_integer("n", 48, "Sources of every class.", lower_bound=1)


def brightness(items, side):
    """Of cells of 2 x 2 pixels, evened out over the picture."""
    x = jnp.roll(items, side, axis=2).astype(jnp.float32).mean(-1)
    x = (x - x.mean((1, 2), keepdims=True)) / (x.std((1, 2), keepdims=True) + 1.0)
    return _cells(x[..., None], 2)


def colours(items, side):
    """Shares of red, green and blue in cells of 2 x 2 pixels."""
    x = jnp.roll(items, side, axis=2).astype(jnp.float32)
    return _cells(x / (x.sum(-1, keepdims=True) + 25.0), 2)


def directions(items, side):
    """Which way lines run in cells of 4 x 4 pixels, each cell's strongest as 1."""
    x = jnp.roll(items, side, axis=2).astype(jnp.float32).mean(-1) / 255
    down = jnp.pad(x[:, 2:] - x[:, :-2], ((0, 0), (1, 1), (0, 0)))
    right = jnp.pad(x[:, :, 2:] - x[:, :, :-2], ((0, 0), (0, 0), (1, 1)))
    angle = jnp.floor(9 * jnp.mod(jnp.arctan2(down, right), jnp.pi) / jnp.pi)
    each = jax.nn.one_hot(angle, 9) * jnp.hypot(down, right)[..., None]
    n, h, w, _ = each.shape
    each = each.reshape(n, h // 4, 4, w // 4, 4, 9).sum((2, 4))
    strength = jnp.sqrt((each**2).sum(-1, keepdims=True))
    return (each / (strength + 0.1)).reshape(n, -1)


def _cells(x, side):
    n, h, w, c = x.shape
    return x.reshape(n, h // side, side, w // side, side, c).mean((2, 4)).reshape(n, -1)


def summary(kept: np.ndarray, songs: np.ndarray) -> dict:
    ends = interval(kept, songs)
    return {
        "share": round(float(kept.mean()), 3),
        "interval": [round(end, 3) for end in ends],
    }


def main(_):
    model = cmgan_jax.load(*_MODEL.value).model("s2i")
    prepared = open_prepared(_DATA.value)
    split = prepared.split(_SPLIT.value)
    known = prepared.split(rows_for_judges(prepared)).image
    pitched = np.flatnonzero(~np.isnan(split.sound.pitch))
    rows = pitched[spread_by_label(split.sound.label[pitched], _N.value)]
    label, pitch = split.sound.label[rows], np.asarray(split.sound.pitch)[rows]
    made = model.generate(split.sound.array[rows], direction=model.direction)
    real = split.image.array[rows]
    another = of_another(pitch, label)
    result = {"split": _SPLIT.value, "n": len(rows)}
    for seen in (brightness, colours, directions):
        both = np.concatenate([made, real])
        notes = read_pitch(both, np.tile(label, 2), known=known, seen=seen)
        read_off = dict(zip(("generated", "real"), np.split(notes, 2), strict=True))
        right = {kind: abs(note - pitch) < 1.5 for kind, note in read_off.items()}
        right["of_another"] = abs(read_off["generated"] - another) < 1.5
        result[seen.__name__] = {
            kind: summary(kept, split.sound.song[rows]) for kind, kept in right.items()
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
