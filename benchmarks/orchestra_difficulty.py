"""How hard the pictures of a pocket_orchestra are to get right; JSON on stdout.

    python benchmarks/orchestra_difficulty.py --data=FOLDER

Four questions. Is a test picture new: how far is the nearest training picture of its
class, against the window beside it in its own song? Do two pictures coincide? Does
anything but the instrument tell the class: what does a classifier reach that sees the
pictures with the instrument and what plays it left out (`Painter(playing=False)`,
drawn again here)? Can the pitch be read off a picture of a room never seen?
"""

import json
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from absl import app, flags
from flax import linen as nn
from scipy.spatial.distance import cdist

from cmgan_jax.data.items import Items
from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.evaluation.pitch_reader import read_pitch
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import draw, plan_songs

_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_SEED = flags.DEFINE_integer("seed", 0, "Seed the data was prepared with.")
_SCALE = flags.DEFINE_float("scale", 1.0, "Scale the data was prepared with.")
_STEPS = flags.DEFINE_integer("steps", 400, "Updates of a classifier.", lower_bound=1)
_BATCH = flags.DEFINE_integer("batch", 64, "Pictures per update.", lower_bound=1)
_STRIDE = flags.DEFINE_integer(
    "stride", 3, "Every how many windows one is painted over.", lower_bound=1
)
_SHIFT = 2  # pixels a training picture is moved at most


def nearest(queries: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean absolute grey levels from each query [n h w c] to its nearest other.

    Exact: the distance of block means is a lower bound, so candidates are compared in
    its order until it exceeds the best found.
    """
    bound = cdist(_blocks(queries), _blocks(others), "cityblock")
    best = np.full(len(queries), np.inf)
    for row, order in enumerate(np.argsort(bound, axis=1)):
        query = queries[row].astype(np.int16)
        for start in range(0, len(order), 16):
            some = order[start : start + 16]
            if bound[row, some[0]] >= best[row]:
                break
            found = np.abs(query - others[some]).mean(axis=(1, 2, 3)).min()
            best[row] = min(best[row], found)
    return best


def _blocks(pictures: np.ndarray) -> np.ndarray:
    """Means of blocks of 8 x 8 pixels, flat, scaled for sums to be means."""
    n, h, w, c = pictures.shape
    blocks = pictures.reshape(n, h // 8, 8, w // 8, 8, c).mean((2, 4)).reshape(n, -1)
    return blocks / blocks.shape[1]


def novelty(train: Items, test: Items) -> dict:
    """How new the test pictures are, in mean absolute grey levels."""
    new = np.empty(len(test))
    for label in np.unique(test.label):
        rows = np.flatnonzero(test.label == label)
        same = train.array[np.flatnonzero(train.label == label)]
        new[rows] = nearest(test.array[rows], same)
    pictures = test.array[:].astype(np.int16)
    beside = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2, 3))
    beside = beside[np.diff(test.song) == 0]
    stored = {picture.tobytes() for picture in train.array}
    return {
        "nearest_training_median": float(np.median(new)),
        "nearest_training_smallest": float(new.min()),
        "neighbouring_window_median": float(np.median(beside)),
        "ratio": float(np.median(new) / np.median(beside)),
        "identical": sum(picture.tobytes() in stored for picture in test.array),
        "n": len(test),
    }


def _windows(x: jax.Array) -> jax.Array:
    """Windows of 4 x 4, every 2: [b h w c] -> [b h/2 w/2 16c].

    A product with them is a convolution, several times faster on a CPU.
    """
    b, h, w, c = x.shape
    x = jnp.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    x = x.reshape(b, h // 2 + 1, 2, w // 2 + 1, 2, c)
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(b, h // 2 + 1, w // 2 + 1, 4 * c)
    return jnp.concatenate(
        [x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]], axis=-1
    )


class Reader(nn.Module):
    """A small network that keeps places: convolutions, flat, dense.

    Attributes:
      outputs: numbers it says of a picture.
    """

    outputs: int

    @nn.compact
    def __call__(self, x, *, train: bool):
        """[b h w c] in [-1, 1] -> [b outputs]."""
        for channels in (32, 64, 96):
            x = nn.Dense(channels, use_bias=False)(_windows(x))
            x = nn.relu(nn.GroupNorm(num_groups=8)(x))
        x = nn.Dropout(0.3, deterministic=not train)(x.reshape(len(x), -1))
        x = nn.relu(nn.Dense(192)(x))
        x = nn.Dropout(0.3, deterministic=not train)(x)
        return nn.Dense(self.outputs)(x)


def _seen(pictures: jax.Array, key: jax.Array) -> jax.Array:
    """Training pictures moved, lit and coloured a little differently, in [-1, 1]."""
    b, h, w, c = pictures.shape
    where, light, noise = jax.random.split(key, 3)
    padded = jnp.pad(pictures, [(0, 0), *[(_SHIFT, _SHIFT)] * 2, (0, 0)], mode="edge")
    top, left = jax.random.randint(where, (2,), 0, 2 * _SHIFT + 1)
    moved = jax.lax.dynamic_slice(padded, (0, top, left, 0), (b, h, w, c))
    gain = 1.0 + 0.15 * jax.random.normal(light, (b, 1, 1, c))
    noise = 0.03 * jax.random.normal(noise, (1, h, w, c))
    return (moved / 127.5 - 1.0) * gain + noise


def class_accuracy(train: tuple, tests: dict[str, tuple], classes: int) -> dict:
    """Share of pictures whose class a network tells.

    Args:
      train: pictures, uint8 [n h w c], and labels [n].
      tests: the same by name.
      classes: number of classes.
    """
    pictures, labels = train
    module = Reader(classes)
    rate = optax.cosine_decay_schedule(1.5e-3, _STEPS.value)
    tx = optax.adamw(rate, weight_decay=0.02)

    def loss(params, x, label, key):
        logits = module.apply(params, x, train=True, rngs={"dropout": key})
        return optax.softmax_cross_entropy_with_integer_labels(logits, label).mean()

    @jax.jit
    def update(params, moments, x, label, key):
        see, drop = jax.random.split(key)
        grads = jax.grad(loss)(params, _seen(x, see), label, drop)
        updates, moments = tx.update(grads, moments, params)
        return optax.apply_updates(params, updates), moments

    first = jnp.zeros((1, *pictures.shape[1:]))
    initialise = jax.jit(lambda key: module.init(key, first, train=False))
    params = initialise(jax.random.key(0))
    moments = tx.init(params)
    rng = np.random.default_rng(0)
    for step in range(_STEPS.value):
        rows = rng.integers(len(pictures), size=_BATCH.value)
        key = jax.random.fold_in(jax.random.key(1), step)
        params, moments = update(params, moments, pictures[rows], labels[rows], key)
    read = jax.jit(lambda x: module.apply(params, x / 127.5 - 1.0, train=False))

    def right(pictures, labels):
        parts = np.array_split(np.arange(len(pictures)), len(pictures) // 128 + 1)
        guesses = np.concatenate([read(pictures[part]).argmax(-1) for part in parts])
        return float((guesses == labels).mean())

    return {name: right(*items) for name, items in tests.items()}


def without_instrument(prepared: PreparedData, name: str) -> tuple:
    """Pictures of a split with the instrument left out, and labels."""
    stored = prepared.split(name).image
    pictures, labels = [], []
    for song in plan_songs(_SEED.value, scale=_SCALE.value)[name]:
        rows = np.flatnonzero(stored.song == prepared.songs.index(song.name))
        size = prepared.representation.image_size
        times = stored.time_ms[rows[:: _STRIDE.value]] / 1000
        if not pictures:
            again = draw(song, times, image_size=size)
            if not np.array_equal(again, stored.array[rows[:: _STRIDE.value]]):
                raise SystemExit(
                    f"{song.name} of {prepared.path} is not what --seed={_SEED.value} "
                    f"and --scale={_SCALE.value} draw: give those it was made with."
                )
        pictures.append(draw(song, times, image_size=size, playing=False))
        labels += [stored.label[rows[0]]] * len(times)
    return np.concatenate(pictures), np.array(labels)


def pitch_errors(prepared: PreparedData, tests: tuple[str, ...]) -> dict:
    """Semitones between column `pitch` and what is read off pictures, by class.

    `guessing` is the median error of always saying the training split's median.
    """
    train = prepared.split("train").image
    errors = {name: {} for name in tests}
    for name in tests:
        items = prepared.split(name).image
        read = read_pitch(np.asarray(items.array), items.label, known=train)
        for label, class_name in enumerate(prepared.class_names):
            of_class = items.label == label
            truth = items.pitch[of_class]
            middle = np.median(train.pitch[train.label == label])
            guessing = float(np.median(np.abs(truth - middle)))
            summary = _summary(np.abs(read[of_class] - truth))
            errors[name][class_name] = summary | {"guessing": guessing}
    return errors


def _summary(error: np.ndarray) -> dict:
    return {
        "median": float(np.median(error)),
        "mean": round(float(error.mean()), 3),
        "within_50_cents": round(float((error < 0.5).mean()), 3),
        "within_1_semitone": round(float((error <= 1).mean()), 3),
    }


def classes_told(prepared: PreparedData, names: tuple[str, ...]) -> dict:
    """Accuracies with and without the instrument; the first name is learnt from."""
    classes = len(prepared.class_names)
    images = {name: prepared.split(name).image for name in names}
    whole = {name: (x.array[:], np.asarray(x.label)) for name, x in images.items()}
    bare = {name: without_instrument(prepared, name) for name in names}
    told = {"chance": 1 / classes}
    for kind, some in (("whole", whole), ("without_instrument", bare)):
        train = some.pop(names[0])
        told[kind] = class_accuracy(train, some, classes)
    return told


def main(_):
    start = time.perf_counter()
    prepared = open_prepared(_DATA.value)
    train, *tests = ("train", "test", "test_performers")
    result = {
        "version": prepared.version,
        "novelty": novelty(prepared.split(train).image, prepared.split("test").image),
        "pitch_semitones": pitch_errors(prepared, tuple(tests)),
        "class_accuracy": classes_told(prepared, (train, *tests)),
        "steps": _STEPS.value,
        "batch": _BATCH.value,
        "seconds": round(time.perf_counter() - start, 1),
        "device": jax.devices()[0].device_kind,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
