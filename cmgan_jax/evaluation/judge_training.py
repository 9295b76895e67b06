"""How a judge is trained: on rows of its own, through the one loop, best of its looks.

A sixth of the songs of its rows is held out; the variables that did best on them are
the judge.
"""

import dataclasses
import hashlib
import shutil
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
from flax import linen as nn
from flax import traverse_util
from jaxtyping import Bool

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.items import Items
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs import checkpoint_folders
from cmgan_jax.runs.phases import run_phase
from cmgan_jax.runtime import devices, processes
from cmgan_jax.runtime.whole_file import (
    read_json,
    read_npz,
    write_json,
    write_npz,
)
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.classifier_phase import classifier_phase
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.loop import Intervals
from cmgan_jax.training.state import Tree, apply_evaluation

JUDGING = "judging"  # rows that no model is trained on
BATCH_SIZE = 64
VARIATION = Variation(shift=3, noise=0.2)
LOOKS = 10  # at the rows held out, evenly over the training
HELD_OUT_EVERY = 6
HELD_OUT_MOST = 2048  # items looked at
VARIABLES = "variables.npz"
UNDER_WAY = "training.json"


def rows_for_judges(prepared: PreparedData) -> str:
    """The split judges are trained on: "judging" where there is one, else "train"."""
    return JUDGING if JUDGING in prepared.splits else "train"


def train(
    network: nn.Module,
    prepared: PreparedData,
    modality: str,
    *,
    made_from: dict[str, Any],
    folder: Path,
) -> dict[str, float]:
    """Trains, or goes on where the same training stopped, and writes the variables.

    Args:
      network: maps [b h w c] in [-1, 1] to logits [b m].
      prepared: the data set.
      modality: "image" or "sound".
      made_from: the judge's record so far, with "name", "rows", "seed" and "steps";
        what an other training left in the folder is removed.
      folder: of the judge.

    Returns:
      {"accuracy", "n", "step"} of the best look at the rows held out.
    """
    under_way = processes.by_first(lambda: _begin(folder, made_from))
    mesh = devices.data_mesh()
    split = prepared.split(made_from["rows"])
    items = split.of(modality)
    apart = held_out(items)
    looks = _Looks(network, items.take(apart), folder, under_way)
    steps, seed = made_from["steps"], made_from["seed"]
    phase = classifier_phase(
        f"{modality}_judge_{made_from['name']}",
        network,
        optax.adamw(optax.cosine_decay_schedule(2e-3, steps), weight_decay=1e-3),
        modality=modality,
        shape=items.array.shape[1:],
        steps=steps,
        batch_size=-(-BATCH_SIZE // mesh.size) * mesh.size,
        seed=seed,
        order_seed=seed,
        variation=VARIATION,
    )
    trained = dataclasses.replace(split, **{modality: items.take(~apart)})
    run_phase(
        phase,
        finished={},
        workdir=folder,
        feeds=open_feeds("numpy", trained, pairing=prepared.pairing, mesh=mesh),
        intervals=Intervals(
            log_every=50, sample_every=max(steps // LOOKS, 1), checkpoint_every=200
        ),
        keep=1,
        mesh=mesh,
        sample=looks,
    )
    return processes.by_first(lambda: looks.best)


def held_out(items: Items) -> Bool[np.ndarray, " n"]:
    """Which rows are looked at instead of trained on.

    Of the songs of each class every sixth, and at least one where there are two or
    more; of a class of one song its last sixth of rows.
    """
    apart = np.zeros(len(items), bool)
    for label in np.unique(items.label):
        rows = np.flatnonzero(items.label == label)
        songs = np.unique(items.song[rows])
        if len(songs) > 1:
            apart[rows] = np.isin(items.song[rows], songs[::HELD_OUT_EVERY])
        else:
            apart[rows[len(rows) - len(rows) // HELD_OUT_EVERY :]] = True
    return apart


def read_variables(folder: Path) -> Tree | None:
    """The variables of a judge; None where they are missing or cannot be read."""
    try:
        flat = read_npz(folder / VARIABLES)
    except (OSError, ValueError):
        return None
    return traverse_util.unflatten_dict(flat, sep="/")


def variables_digest(variables: Tree) -> str:
    """SHA-256 over names, shapes and bytes of all variables."""
    total = hashlib.sha256()
    for name, leaf in sorted(traverse_util.flatten_dict(variables, sep="/").items()):
        total.update(f"{name} {leaf.dtype} {leaf.shape}".encode())
        total.update(np.ascontiguousarray(leaf).tobytes())
    return total.hexdigest()


def forget(folder: Path) -> None:
    """Removes what only an unfinished training needs."""
    checkpoint_folders.forget(folder)
    (folder / UNDER_WAY).unlink(missing_ok=True)


def _begin(folder: Path, made_from: dict[str, Any]) -> dict[str, Any]:
    """What is under way in the folder, which is emptied of any other training."""
    path = folder / UNDER_WAY
    try:
        begun = read_json(path).get("made_from")
    except (FileNotFoundError, ValueError):
        begun = None
    if begun != made_from:
        checkpoint_folders.forget(folder)
        shutil.rmtree(folder, ignore_errors=True)
        write_json(path, {"made_from": made_from, "best": None})
    return read_json(path)


class _Looks:
    """Looks at rows held out now and then and keeps the best variables on disk."""

    def __init__(
        self, network: nn.Module, items: Items, folder: Path, under_way: dict[str, Any]
    ):
        chosen = np.linspace(0, len(items) - 1, min(len(items), HELD_OUT_MOST))
        self._rows = chosen.astype(int) if len(items) else np.zeros(0, int)
        self._items, self._folder = items, folder
        self._state = under_way
        self._guess = jax.jit(
            lambda variables, x: apply_evaluation(network, variables, to_unit(x))
        )

    @property
    def best(self) -> dict[str, float] | None:
        """{"accuracy", "n", "step"} of the variables on disk, if any."""
        return self._state["best"]

    def __call__(
        self, step: int, variables: Tree, alternative: str
    ) -> dict[str, float]:
        accuracy = self._accuracy(jax.device_get(variables))
        # Of equals the last: it has seen the most.
        if self.best is None or accuracy >= self.best["accuracy"]:
            flat = traverse_util.flatten_dict(jax.device_get(variables), sep="/")
            write_npz(self._folder / VARIABLES, flat)
            best = {"accuracy": accuracy, "n": len(self._rows), "step": step}
            self._state["best"] = best
            write_json(self._folder / UNDER_WAY, self._state)
        return {"held_out_accuracy": accuracy}

    def _accuracy(self, variables: Tree) -> float:
        """Of the rows held out; 0 where there are none, so that the last look wins."""
        right = 0
        for start in range(0, len(self._rows), BATCH_SIZE):
            rows = self._rows[start : start + BATCH_SIZE]
            full = np.resize(rows, BATCH_SIZE)
            logits = self._guess(variables, self._items.array[full])
            guess = np.argmax(logits, axis=-1)[: len(rows)]
            right += int(np.sum(guess == self._items.label[rows]))
        return right / max(len(self._rows), 1)
