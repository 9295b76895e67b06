"""Judges: classifiers of real pictures and real sounds that score generated ones.

A judge is disjoint from every model: another architecture, its own seed, and songs that
no model is trained on (the split "judging"). It is trained once per data set, or came
with the package for the embedded one, and stored beside the data with its accuracy on
the real test items. Every modality has two of different build; a system is as good as
the stricter one says.
"""

import dataclasses
import functools
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import linen as nn
from jaxtyping import Float32, Int, UInt8

from cmgan_jax.data.prepared import JUDGES_FOLDER, PreparedData
from cmgan_jax.evaluation import judge_training, packaged_judges
from cmgan_jax.evaluation.judge_nets import PooledJudge, StridedJudge
from cmgan_jax.runtime import buckets, processes
from cmgan_jax.runtime.whole_file import read_json, whole_file, write_json
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.training.state import Tree

STEPS = 2000  # enough for thousands of real recordings or photographs
RECORD = "judge.json"  # written last
BATCH_SIZE = 128
FEW = 16  # items for which the batch is this size, so that somebody can wait for them
ROUNDED = 0.005  # of the accuracy of a judge that came with the package
TEST_SPLITS = ("test", "test_performers")  # new songs; new songs of new people


@dataclasses.dataclass(frozen=True)
class Design:
    """How a judge is built.

    Attributes:
      name: of the judge, and of its folder.
      network: (number of classes, modality) -> module.
      seed: of its weights, order and variations; no other part of the software has it.
    """

    name: str
    network: Callable[[int, str], nn.Module]
    seed: int


DESIGNS = (
    Design("strided", StridedJudge, 20200504),
    Design("pooled", PooledJudge, 19840311),
)


@dataclasses.dataclass(frozen=True)
class Judge:
    """A trained judge.

    Attributes:
      name: of its design.
      modality: "image" or "sound".
      rows: split it was trained on: "judging", or "train" where there is no such split
        and the models' own recognisers saw the same rows.
      real: name of each test split -> {"accuracy", "n"} on its real items.
      digest: SHA-256 of its variables.
      look: uint8 [n h w c] -> features [n f] and logits [n m].
    """

    name: str
    modality: str
    rows: str
    real: Mapping[str, Mapping[str, float]]
    digest: str
    look: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

    def logits(self, items: UInt8[np.ndarray, "n h w c"]) -> Float32[np.ndarray, "n m"]:
        """One logit per class of every item."""
        return self.look(items)[1]

    def features(
        self, items: UInt8[np.ndarray, "n h w c"]
    ) -> Float32[np.ndarray, "n f"]:
        """The last layer's input for every item."""
        return self.look(items)[0]

    def guess(self, items: UInt8[np.ndarray, "n h w c"]) -> Int[np.ndarray, " n"]:
        """The likeliest class of every item."""
        return np.argmax(self.logits(items), axis=-1)

    @property
    def accuracy(self) -> float:
        """Share of the real items of the first test split that it classifies rightly.

        NaN where the data have no test split.
        """
        return next((entry["accuracy"] for entry in self.real.values()), float("nan"))

    @property
    def n(self) -> int:
        """Number of those items."""
        return next((int(entry["n"]) for entry in self.real.values()), 0)


def test_splits(prepared: PreparedData) -> list[str]:
    """Names of the splits there are that a system is scored on, "test" first."""
    return [name for name in TEST_SPLITS if name in prepared.splits]


def require_judges(
    prepared: PreparedData, modality: str, *, steps: int | None = None
) -> tuple[Judge, ...]:
    """All judges of a modality: restored where they are stored, else made.

    Args:
      prepared: the data set; the judges live in its folder "judges".
      modality: "image" or "sound".
      steps: updates of a judge that is yet to be made; None takes the judges that the
        package has of these data, and trains where it has none.

    Raises:
      ValueError: the modality is unknown.
    """

    def missing() -> list[str]:
        found = {d.name: _stored(prepared, modality, d) for d in DESIGNS}
        return [name for name, judge in found.items() if judge is None]

    if processes.by_first(missing):
        folder = prepared.path / JUDGES_FOLDER / modality
        with processes.hold_for_all(folder, "judge", wait=True):
            # Another process may have trained them while this one waited.
            left = processes.by_first(missing)
            for design in DESIGNS:
                if design.name not in left:
                    continue
                if steps is None and _take_packaged(prepared, modality, design):
                    continue
                _train(prepared, modality, design, steps or STEPS)
            processes.by_first(lambda: buckets.put_back(prepared.path))
        buckets.fetch(prepared.path)
    return stored_judges(prepared, modality)


def stored_judges(prepared: PreparedData, modality: str) -> tuple[Judge, ...]:
    """All judges of a modality if they are trained on this very data, else none."""
    found = [_stored(prepared, modality, design) for design in DESIGNS]
    return tuple(found) if all(found) else ()


def judge_folder(prepared: PreparedData, modality: str, name: str) -> Path:
    """Where a judge is stored.

    Raises:
      ValueError: the modality is unknown.
    """
    if modality not in MODALITIES:
        raise ValueError(
            f"modality {modality!r} is unknown; known: {', '.join(MODALITIES)}."
        )
    return prepared.path / JUDGES_FOLDER / modality / name


def _identity(
    prepared: PreparedData, modality: str, design: Design
) -> tuple[nn.Module, dict[str, Any]]:
    """The network, and what a stored judge must have been made from."""
    network = design.network(len(prepared.class_names), modality)
    return network, {
        "network": repr(network),
        "seed": design.seed,
        "rows": judge_training.rows_for_judges(prepared),
        "data_digest": prepared.digest,
    }


def _stored(prepared: PreparedData, modality: str, design: Design) -> Judge | None:
    folder = judge_folder(prepared, modality, design.name)
    if not (folder / RECORD).exists():
        return None
    try:
        record = read_json(folder / RECORD)
    except ValueError as error:
        print(f"{error} Its judge is not used.", flush=True)
        return None
    network, identity = _identity(prepared, modality, design)
    if any(record.get(name) != value for name, value in identity.items()):
        print(
            f"The {design.name} judge of {modality}s in {folder} was made from other "
            "data or by other software: it is not used.",
            flush=True,
        )
        return None
    variables = judge_training.read_variables(folder)
    digest = variables and judge_training.variables_digest(variables)
    if digest is None or digest != record.get("digest") or "real" not in record:
        print(f"{folder} is damaged: its judge is not used.", flush=True)
        return None
    return Judge(
        name=design.name,
        modality=modality,
        rows=record["rows"],
        real=record["real"],
        digest=record["digest"],
        look=_looking(network, variables),
    )


def _take_packaged(prepared: PreparedData, modality: str, design: Design) -> bool:
    """Stores the judge that the package has of these data, if it judges them well."""

    def take() -> bool:
        found = packaged_judges.find(prepared, modality, design.name)
        if found is None:
            return False
        folder = judge_folder(prepared, modality, design.name)
        network, identity = _identity(prepared, modality, design)
        record = read_json(found / RECORD)
        with whole_file(folder / judge_training.VARIABLES) as partial:
            shutil.copyfile(found / judge_training.VARIABLES, partial)
        made = {**record, **identity, "packaged": True}
        measured = _store(prepared, modality, network, made, folder)
        for split, entry in record["real"].items():
            if measured[split]["accuracy"] < entry["accuracy"] - ROUNDED:
                (folder / RECORD).unlink()
                return False
        return True

    return processes.by_first(take)


def _train(prepared: PreparedData, modality: str, design: Design, steps: int) -> None:
    """Trains a judge and stores it with its record."""
    folder = judge_folder(prepared, modality, design.name)
    network, identity = _identity(prepared, modality, design)
    made_from = {"name": design.name, "modality": modality, **identity, "steps": steps}
    held_out = judge_training.train(
        network, prepared, modality, made_from=made_from, folder=folder
    )
    made = made_from | {"held_out": held_out}
    processes.by_first(lambda: _store(prepared, modality, network, made, folder))


def _store(
    prepared: PreparedData,
    modality: str,
    network: nn.Module,
    made: dict[str, Any],
    folder: Path,
) -> dict[str, dict[str, float]]:
    """Writes the record of a judge, with what it sees in the test splits.

    Returns:
      Name of each test split -> {"accuracy", "n"} on its real items.
    """
    variables = judge_training.read_variables(folder)
    look = _looking(network, variables)
    real = {}
    for split in test_splits(prepared):
        items = prepared.split(split).of(modality)
        right = np.argmax(look(items.array)[1], axis=-1) == items.label
        real[split] = {"accuracy": float(right.mean()), "n": len(items)}
    results = {"real": real, "digest": judge_training.variables_digest(variables)}
    write_json(folder / RECORD, made | results)
    judge_training.forget(folder)
    return real


def _looking(network: nn.Module, variables: Tree) -> Callable:
    """Builds uint8 [n h w c] -> (features [n f], logits [n m]), in batches inside."""
    look = functools.partial(_look, network, variables)

    def in_batches(items):
        parts = []
        # Two shapes at most, so that little is compiled.
        size = FEW if len(items) <= FEW else BATCH_SIZE
        for start in range(0, len(items), size):
            part = np.asarray(items[start : start + size])
            rows = np.minimum(np.arange(size), len(part) - 1)
            parts.append([np.asarray(x)[: len(part)] for x in look(part[rows])])
        features, logits = zip(*parts, strict=True)
        return np.concatenate(features), np.concatenate(logits)

    return in_batches


@functools.partial(jax.jit, static_argnums=0)
def _look(network: nn.Module, variables: Tree, items):
    return network.apply(variables, to_unit(items), train=False, method="look")
