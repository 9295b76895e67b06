"""How a trained system is scored.

"full": every source of a split, the moving averages, a judge disjoint from the model,
an interval that knows windows of one song are not independent. "original": what the
authors measured, one fixed batch of 64 scored by the run's own classifier.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.reader import evaluation_batches
from cmgan_jax.evaluation.intervals import cluster_bootstrap
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.runs.model import Generate
from cmgan_jax.runtime.progress import Progress

BATCH_SIZE = 128
ORIGINAL_SIZE = 64  # examples of the authors' accuracies
ORIGINAL_SEED = 548  # the authors reseed NumPy with it before drawing the batch


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """What was said of each generated target, in the order of the split.

    Attributes:
      guess: class the judge sees, int [n].
      label: class of the source, int [n].
      song: song of the source, int [n].
      real_guess: class the judge sees in the real target, int [n].
    """

    guess: np.ndarray
    label: np.ndarray
    song: np.ndarray
    real_guess: np.ndarray


def judge_split(
    generate: Generate,
    logits: Callable,
    prepared: PreparedData,
    *,
    split: str,
    direction: str,
    seed: int = 0,
) -> Verdicts:
    """Generates a target for every source of a split and asks a classifier about it.

    Args:
      generate: (sources uint8, key) -> targets in (-1, 1).
      logits: targets in [-1, 1] -> logits [b m].
      prepared: the data set.
      split: name of the split.
      direction: "s2i" or "i2s".
      seed: of z, and of partners where pairing is by class.
    """
    rows = prepared.split(split)
    total = len(rows.sound if direction == "s2i" else rows.image)
    progress = Progress(f"evaluate {direction} on {split}", total, unit="pairs")
    root = jax.random.key(seed)
    kept: dict[str, list[np.ndarray]] = {
        field.name: [] for field in dataclasses.fields(Verdicts)
    }
    done = 0
    for index, batch in enumerate(
        evaluation_batches(
            rows,
            direction=direction,
            pairing=prepared.pairing,
            batch_size=BATCH_SIZE,
            seed=seed,
        )
    ):
        generated = generate(batch["source"], jax.random.fold_in(root, index))
        real = jnp.asarray(batch["target"]).astype(jnp.float32) / 127.5 - 1.0
        columns = {
            "guess": np.argmax(logits(generated), axis=-1),
            "label": batch["label"],
            "song": batch["song"],
            "real_guess": np.argmax(logits(real), axis=-1),
        }
        mask = batch["mask"] > 0
        for name, column in columns.items():
            kept[name].append(np.asarray(column)[mask])
        done += int(mask.sum())
        progress.update(done)
    return Verdicts(**{name: np.concatenate(parts) for name, parts in kept.items()})


def score(verdicts: Verdicts, class_names: tuple[str, ...]) -> dict[str, Any]:
    """Accuracy, 95 % interval, confusion and accuracy per class.

    Args:
      verdicts: from judge_split.
      class_names: names in label order.

    Returns:
      JSON-ready: "accuracy", "interval" [low, high] (cluster bootstrap over songs),
      "n", "songs", "chance", "real_accuracy" (of the real targets of the same pairs),
      "per_class" {name: {"accuracy", "n"}}, "confusion" [label][guess] counts.
    """
    m = len(class_names)
    correct = verdicts.guess == verdicts.label
    confusion = np.zeros((m, m), int)
    np.add.at(confusion, (verdicts.label, verdicts.guess), 1)
    per_class = {}
    for label, name in enumerate(class_names):
        own = verdicts.label == label
        if own.any():
            per_class[name] = {
                "accuracy": float(correct[own].mean()),
                "n": int(own.sum()),
            }
    return {
        "accuracy": float(correct.mean()),
        "interval": list(cluster_bootstrap(correct, verdicts.song)),
        "n": len(correct),
        "songs": len(np.unique(verdicts.song)),
        "chance": 1.0 / m,
        "real_accuracy": float((verdicts.real_guess == verdicts.label).mean()),
        "per_class": per_class,
        "confusion": confusion.tolist(),
    }


def full(
    generate: Generate,
    judge: Judge,
    prepared: PreparedData,
    *,
    split: str,
    direction: str,
) -> dict[str, Any]:
    """The full protocol: see score for the fields it adds to."""
    verdicts = judge_split(
        generate, judge.logits, prepared, split=split, direction=direction
    )
    return {
        "protocol": "full",
        "direction": direction,
        "split": split,
        **score(verdicts, prepared.class_names),
        "judge": {"accuracy": judge.accuracy, "n": judge.n},
        "class_names": list(prepared.class_names),
    }


def original(
    generate: Generate,
    own_logits: Callable,
    prepared: PreparedData,
    *,
    split: str,
    direction: str,
) -> dict[str, Any]:
    """The authors' protocol (systems of 2020): 64 fixed items, the run's classifier.

    The items are drawn once by the authors' seed; the same noise is drawn every time.
    """
    rows = prepared.split(split)
    source = rows.sound if direction == "s2i" else rows.image
    size = min(ORIGINAL_SIZE, len(source))
    drawn = np.random.RandomState(ORIGINAL_SEED).choice(
        len(source), size, replace=False
    )
    key = jax.random.key(ORIGINAL_SEED)
    generated = generate(np.asarray(source.array)[drawn], key)
    correct = np.argmax(own_logits(generated), axis=-1) == source.label[drawn]
    return {
        "protocol": "original",
        "direction": direction,
        "split": split,
        "accuracy": float(correct.mean()),
        "n": size,
        "chance": 1.0 / len(prepared.class_names),
    }
