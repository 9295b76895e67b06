"""What attention over spectrograms looks at; JSON on stdout, a figure with --figure.

    python benchmarks/attention_looks.py --workdir=RUN --data=FOLDER --figure=looks.png

SA-CMGAN's authors motivate attention by music that repeats itself: a moment should look
at moments like it. The attention map of the sound encoder, summed over bands, is the
weight that each time of a window gives to each other time. `repetitions` is the weight
that goes to the quarter of the times whose spectra are most like one's own, divided by
what the same places get on average over all windows: 1 says that only the place counts.
Times next to one's own are left out: they overlap, and are alike for that reason. The
interval is over songs. `gate` is what attention's output is multiplied by before it is
added to the features.
"""

import json
from pathlib import Path

import jax
import matplotlib.figure
import numpy as np
from absl import app, flags
from scipy import stats

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.runs.model import load

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Of a sound-to-image run.", required=True
)
_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_SPLIT = flags.DEFINE_string("split", "test", "Split of the sounds.")
_N = flags.DEFINE_integer("n", 1024, "Windows, evenly spread.", lower_bound=32)
_FIGURE = flags.DEFINE_string("figure", None, "PNG of mean weights, if any.")

_BATCH = 32
_SHARE = 0.25  # of the times that count as alike
_NEAR = 1  # times to either side that are left out


def by_time(maps: np.ndarray, queries: int, keys: int) -> np.ndarray:
    """Weights [b n m] of places, n and m squares, as weights of times [b t u]."""
    b = len(maps)
    return maps.reshape(b, queries, queries, keys, keys).sum(axis=3).mean(axis=1)


def at_times(sounds: np.ndarray, times: int) -> np.ndarray:
    """Spectra at so many times, of mean 0 and length 1, [b t m]."""
    b, bands, frames = sounds.shape
    spectra = sounds.reshape(b, bands, times, frames // times).mean(axis=3)
    spectra = spectra.transpose(0, 2, 1) - spectra.mean(axis=(1, 2))[:, None, None]
    length = np.linalg.norm(spectra, axis=2, keepdims=True)
    return spectra / np.maximum(length, 1e-6)


def alike(sounds: np.ndarray, queries: int, keys: int) -> np.ndarray:
    """Where the time of a key is among those most like the query's, [b t u]."""
    likeness = at_times(sounds, queries) @ at_times(sounds, keys).transpose(0, 2, 1)
    place = (np.arange(keys) + 0.5) * queries / keys - 0.5
    away = np.abs(np.arange(queries)[:, None] - place)
    likeness[:, away <= _NEAR + 0.5 * queries / keys] = -np.inf
    count = max(1, round(_SHARE * keys))
    least = np.sort(likeness, axis=2)[:, :, -count][:, :, None]
    return (likeness >= least) & np.isfinite(likeness)


def ratio(weights: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Weight of the places chosen, and what they get on average, of each window."""
    mean = weights.mean(axis=0)
    sums = [(chosen * some).sum(axis=(1, 2)) for some in (weights, mean)]
    return np.stack(sums, axis=1)


def over_songs(sums: np.ndarray, song: np.ndarray) -> dict:
    """Ratio of sums with a bootstrap interval over whole songs."""
    by_song = np.stack([sums[song == one].sum(axis=0) for one in np.unique(song)])
    found = stats.bootstrap(
        (by_song[:, 0], by_song[:, 1]),
        lambda got, expected, axis=-1: got.sum(axis=axis) / expected.sum(axis=axis),
        paired=True,
        vectorized=True,
        rng=np.random.default_rng(0),
        method="percentile",
    ).confidence_interval
    total = sums.sum(axis=0)
    return {
        "ratio": round(float(total[0] / total[1]), 4),
        "interval": [round(float(found.low), 4), round(float(found.high), 4)],
        "songs": len(by_song),
    }


def draw(weights: np.ndarray, path: Path) -> None:
    """Mean weight of every pair of times."""
    figure = matplotlib.figure.Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(weights.mean(axis=0), aspect="auto", extent=(0, 1, 1, 0))
    axes.set(xlabel="time looked at, windows", ylabel="time that looks, windows")
    figure.colorbar(shown, label="weight, mean over windows")
    figure.savefig(path, dpi=120)


def main(_):
    model, prepared = load(_WORKDIR.value), open_prepared(_DATA.value)
    if model.system.looks is None or model.direction.source != "sound":
        raise app.UsageError("the run has no attention over sounds.")
    items = prepared.split(_SPLIT.value).sound
    rows = np.linspace(0, len(items) - 1, _N.value).astype(int)
    looks, weights = jax.jit(model.system.looks), []
    sounds = items.array[rows]
    for start in range(0, len(rows) - len(rows) % _BATCH, _BATCH):
        maps, gate = looks(model.variables, sounds[start : start + _BATCH])
        queries, keys = (round(np.sqrt(side)) for side in maps.shape[1:])
        weights.append(by_time(np.asarray(maps), queries, keys))
    weights = np.concatenate(weights)
    sounds = sounds[: len(weights), :, :, 0].astype(np.float64)
    sums = ratio(weights, alike(sounds, queries, keys))
    if _FIGURE.value:
        draw(weights, Path(_FIGURE.value))
    result = {
        "split": _SPLIT.value,
        "n": len(weights),
        "times": [queries, keys],
        "gate": round(float(gate), 4),
        "repetitions": over_songs(sums, items.song[rows[: len(weights)]]),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
