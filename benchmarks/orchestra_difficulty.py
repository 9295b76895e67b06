"""How hard the pictures of a pocket_orchestra are to get right; JSON on stdout.

    python benchmarks/orchestra_difficulty.py --data=FOLDER

Four questions. Is a test picture new: how far is the nearest training picture of its
class, against the window beside it in its own song? Do two pictures coincide? Does
anything but the instrument tell the class: what does a classifier reach that sees the
pictures with the instrument and what plays it left out (`Painter(playing=False)`,
drawn again here)? Can the pitch be read off a picture?
"""

import json
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from absl import app, flags
from flax import linen as nn

from cmgan_jax.data.items import Items
from cmgan_jax.data.pocket_orchestra.performance import draw, plan_songs
from cmgan_jax.data.prepared import PreparedData, open_prepared

_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_SEED = flags.DEFINE_integer("seed", 0, "Seed the data was prepared with.")
_SCALE = flags.DEFINE_float("scale", 1.0, "Scale the data was prepared with.")
_STEPS = flags.DEFINE_integer("steps", 1500, "Updates of a network.", lower_bound=1)
_BATCH = flags.DEFINE_integer("batch", 96, "Pictures per update.", lower_bound=1)
_STRIDE = flags.DEFINE_integer(
    "stride", 3, "Every how many windows one is painted over.", lower_bound=1
)
_LOWEST, _PITCHES = 21, 88  # a piano's keys
_SHIFT = 2  # pixels a training picture is moved at most


def nearest(queries: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean absolute grey levels from each query [n h w c] to its nearest other.

    Exact: the distance of block means is a lower bound, so candidates are compared in
    its order until it exceeds the best found.
    """
    bound = _grey_levels(_blocks(queries)[:, None], _blocks(others)[None])
    best = np.full(len(queries), np.inf)
    for row, order in enumerate(np.argsort(bound, axis=1)):
        for start in range(0, len(order), 16):
            some = order[start : start + 16]
            if bound[row, some[0]] >= best[row]:
                break
            found = _grey_levels(queries[row].astype(np.int16), others[some]).min()
            best[row] = min(best[row], found)
    return best


def _blocks(pictures: np.ndarray) -> np.ndarray:
    """Means of blocks of 8 x 8 pixels, flat over blocks and channels."""
    n, h, w, c = pictures.shape
    blocks = pictures.reshape(n, h // 8, 8, w // 8, 8, c).mean((2, 4), np.float32)
    return blocks.reshape(n, 1, -1, c)


def _grey_levels(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.ndim == 5:  # all pairs: one query at a time
        return np.stack([_grey_levels(some, b[0]) for some in a])
    return np.abs(a - b).mean(axis=(-3, -2, -1), dtype=np.float32)


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
            x = nn.Conv(channels, (4, 4), strides=2, use_bias=False)(x)
            x = nn.GroupNorm(num_groups=8)(x)
            x = nn.relu(x)
        x = nn.Dropout(0.3, deterministic=not train)(x.reshape(len(x), -1))
        x = nn.relu(nn.Dense(192)(x))
        x = nn.Dropout(0.3, deterministic=not train)(x)
        return nn.Dense(self.outputs)(x)


def _seen(pictures: np.ndarray, key: jax.Array) -> jax.Array:
    """Training pictures moved, lit and coloured a little differently, in [-1, 1]."""
    b, h, w, c = pictures.shape
    where, light, noise = jax.random.split(key, 3)
    padded = jnp.pad(pictures, [(0, 0), *[(_SHIFT, _SHIFT)] * 2, (0, 0)], mode="edge")
    starts = jax.random.randint(where, (b, 2), 0, 2 * _SHIFT + 1)

    def cut(picture, start):
        return jax.lax.dynamic_slice(picture, (start[0], start[1], 0), (h, w, c))

    moved = jax.vmap(cut)(padded, starts) / 127.5 - 1.0
    gain = 1.0 + 0.15 * jax.random.normal(light, (b, 1, 1, c))
    return moved * gain + 0.03 * jax.random.normal(noise, moved.shape)


def train_reader(items, targets: np.ndarray, choose, *, outputs: int):
    """A function of uint8 pictures and their labels: the logits they are judged by.

    Args:
      items: (pictures uint8 [n h w c], labels [n]).
      targets: index of the right logit, [n].
      choose: (outputs [b outputs], labels [b]) -> logits.
      outputs: of the network.
    """
    pictures, labels = items
    module = Reader(outputs)
    tx = optax.adamw(
        optax.cosine_decay_schedule(1.5e-3, _STEPS.value), weight_decay=0.02
    )

    def loss(params, x, label, target, key):
        out = module.apply(params, x, train=True, rngs={"dropout": key})
        logits = choose(out, label)
        return optax.softmax_cross_entropy_with_integer_labels(logits, target).mean()

    @jax.jit
    def update(params, moments, x, label, target, key):
        see, drop = jax.random.split(key)
        grads = jax.grad(loss)(params, _seen(x, see), label, target, drop)
        updates, moments = tx.update(grads, moments, params)
        return optax.apply_updates(params, updates), moments

    first = jnp.zeros((1, *pictures.shape[1:]))
    params = jax.jit(lambda key: module.init(key, first, train=False))(
        jax.random.key(0)
    )
    moments = tx.init(params)
    rng = np.random.default_rng(0)
    for step in range(_STEPS.value):
        rows = np.sort(rng.integers(len(pictures), size=_BATCH.value))
        key = jax.random.fold_in(jax.random.key(1), step)
        batch = (pictures[rows], labels[rows], targets[rows])
        params, moments = update(params, moments, *batch, key)

    @jax.jit
    def read(x, label):
        return choose(module.apply(params, x / 127.5 - 1.0, train=False), label)

    def logits(pictures, labels):
        parts = range(0, len(pictures), 256)
        return np.concatenate(
            [read(pictures[i : i + 256], labels[i : i + 256]) for i in parts]
        )

    return logits


def class_accuracy(train, tests: dict, classes: int) -> dict:
    """Share of pictures whose class a network tells; `train` is (pictures, labels)."""
    read = train_reader(train, train[1], lambda out, _: out, outputs=classes)
    return {
        name: float((read(*items).argmax(-1) == items[1]).mean())
        for name, items in tests.items()
    }


def without_instrument(prepared: PreparedData, name: str) -> tuple:
    """Pictures of a split with the instrument left out, and labels; every third."""
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
    """Semitones between column `pitch` and what a network reads, class by class."""
    train = prepared.split("train").image
    classes = len(prepared.class_names)

    def choose(out, label):
        # Every class has its own last layer: fingerings differ.
        each = out.reshape(len(out), classes, _PITCHES)
        return jnp.take_along_axis(each, label[:, None, None], axis=1)[:, 0]

    targets = train.pitch.astype(int) - _LOWEST
    items = (train.array[:], np.asarray(train.label))
    read = train_reader(items, targets, choose, outputs=classes * _PITCHES)
    return {name: _errors(read, prepared, name) for name in tests}


def _errors(read, prepared: PreparedData, name: str) -> dict:
    items = prepared.split(name).image
    guess = read(items.array[:], np.asarray(items.label)).argmax(-1) + _LOWEST
    error = np.abs(guess - items.pitch)
    return {
        **{
            class_name: _summary(error[items.label == label])
            for label, class_name in enumerate(prepared.class_names)
        },
        "all": _summary(error),
    }


def _summary(error: np.ndarray) -> dict:
    return {
        "median": float(np.median(error)),
        "mean": round(float(error.mean()), 3),
        "within_50_cents": round(float((error < 0.5).mean()), 3),
        "within_1_semitone": round(float((error <= 1).mean()), 3),
    }


def main(_):
    start = time.perf_counter()
    prepared = open_prepared(_DATA.value)
    splits = ("train", "test", "test_performers")
    tests = splits[1:]
    images = {name: prepared.split(name).image for name in splits}
    whole = {name: (x.array[:], np.asarray(x.label)) for name, x in images.items()}
    bare = {name: without_instrument(prepared, name) for name in splits}
    classes = len(prepared.class_names)
    result = {
        "version": prepared.version,
        "novelty": novelty(images["train"], images["test"]),
        "class_accuracy": {
            "chance": 1 / classes,
            **{
                kind: class_accuracy(
                    some["train"], {name: some[name] for name in tests}, classes
                )
                for kind, some in (("whole", whole), ("without_instrument", bare))
            },
        },
        "pitch_semitones": pitch_errors(prepared, tests),
        "steps": _STEPS.value,
        "batch": _BATCH.value,
        "seconds": round(time.perf_counter() - start, 1),
        "device": jax.devices()[0].device_kind,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
