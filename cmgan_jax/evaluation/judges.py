"""Judges: classifiers of real pictures and real sounds that score generated ones.

A judge is disjoint from every model: another architecture, its own seed, trained once
per data set on the training split and stored beside the data with its accuracy on the
real test split. Every system is scored by the same two judges.
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn
from jaxtyping import Array, Float

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.reader import evaluation_batches, training_batches
from cmgan_jax.runs.checkpoints import Checkpoints, abstract
from cmgan_jax.runs.phases import run_phase
from cmgan_jax.runtime import devices
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.training.dispatch import Feed
from cmgan_jax.training.loop import Schedule
from cmgan_jax.training.state import ClassifierState, apply_evaluation

MODALITIES = ("image", "sound")
SEED = 20200504  # no other part of the software draws from it
BATCH_SIZE = 64
STEPS = 2000  # enough for thousands of real recordings or photographs
RECORD = "judge.json"  # written last: steps, accuracy and n
EVALUATION_BATCH = 256
SHIFT, NOISE = 3, 0.2
# The direction whose source is the modality.
DIRECTION = {"sound": "s2i", "image": "i2s"}


class JudgeNetwork(nn.Module):
    """A plain convolutional classifier: strides, global mean, dropout, dense.

    Unlike the encoders it has odd kernels, batch normalisation from the first layer,
    global pooling and no attention.

    Attributes:
      num_classes: m.
    """

    num_classes: int
    channels: tuple[int, ...] = (32, 64, 96, 128)

    @nn.compact
    def __call__(
        self, x: Float[Array, "b h w c"], *, train: bool
    ) -> Float[Array, "b m"]:
        """Logits of pictures or spectrograms in [-1, 1]."""
        for i, channels in enumerate(self.channels):
            size = (5, 5) if i == 0 else (3, 3)
            x = nn.Conv(channels, size, strides=2, use_bias=False)(x)
            x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
            x = nn.relu(x)
        x = x.mean(axis=(1, 2))
        x = nn.Dropout(0.3, deterministic=not train)(x)
        return nn.Dense(self.num_classes)(x)


@dataclasses.dataclass(frozen=True)
class Judge:
    """A trained judge.

    Attributes:
      modality: "image" or "sound".
      logits: pictures or spectrograms in [-1, 1] [b h w c] -> [b m].
      accuracy: share of the real test items it classifies rightly.
      n: number of those items.
    """

    modality: str
    logits: Callable[[Float[Array, "b h w c"]], Float[Array, "b m"]]
    accuracy: float
    n: int


def require_judge(
    prepared: PreparedData, modality: str, *, steps: int = STEPS
) -> Judge:
    """The judge of a modality: restored if it is stored, else trained and stored.

    Args:
      prepared: the data set; the judge lives in its folder "judges".
      modality: "image" or "sound".
      steps: updates of a judge that is yet to be trained.
    """
    judge = stored_judge(prepared, modality)
    if judge is None:
        _train(prepared, modality, steps)
        judge = stored_judge(prepared, modality)
    return judge


def stored_judge(prepared: PreparedData, modality: str) -> Judge | None:
    """The judge of a modality if it is trained, else None."""
    folder = _folder(prepared, modality)
    if not (folder / RECORD).exists():
        return None
    record = json.loads((folder / RECORD).read_text())
    module = JudgeNetwork(len(prepared.class_names))
    shapes = jax.eval_shape(
        _initialise(module, prepared, modality, record["steps"])
    ).inference
    everywhere = devices.replicated(devices.data_mesh())
    checkpoints = Checkpoints(folder / "checkpoints" / "judge")
    try:
        items = {"inference": abstract(shapes, everywhere)}
        variables = checkpoints.restore(record["steps"], items)["inference"]
    finally:
        checkpoints.close()
    logits = jax.jit(lambda x: apply_evaluation(module, variables, x))
    return Judge(modality, logits, record["accuracy"], record["n"])


def _folder(prepared: PreparedData, modality: str) -> Path:
    return prepared.path / "judges" / modality


def _optimizer(steps: int) -> optax.GradientTransformation:
    return optax.adamw(optax.cosine_decay_schedule(2e-3, steps), weight_decay=1e-3)


def _initialise(
    module: JudgeNetwork, prepared: PreparedData, modality: str, steps: int
) -> Callable[[], ClassifierState]:
    shape = getattr(prepared.representation, f"{modality}_shape")

    def initialise():
        root = jax.random.key(SEED)
        return classifier.init_state(module, _optimizer(steps), root=root, shape=shape)

    return initialise


def _train(prepared: PreparedData, modality: str, steps: int) -> None:
    """Trains a judge, or goes on where that stopped, and stores it with its record."""
    mesh = devices.data_mesh()
    folder = _folder(prepared, modality)
    module = JudgeNetwork(len(prepared.class_names))
    step = classifier.make_step(
        module, _optimizer(steps), modality="source", shift=SHIFT, noise=NOISE
    )
    batch_size = -(-BATCH_SIZE // mesh.size) * mesh.size

    def feed(done):
        batches = training_batches(
            prepared.split("train"),
            direction=DIRECTION[modality],
            pairing=prepared.pairing,
            batch_size=batch_size,
            seed=SEED,
            start_step=done,
        )
        return Feed(batches)

    state = run_phase(
        "judge",
        workdir=folder,
        initialise=_initialise(module, prepared, modality, steps),
        step=step,
        feed=feed,
        schedule=Schedule(
            steps, log_every=50, sample_every=steps, checkpoint_every=200
        ),
        keep=1,
        mesh=mesh,
        sample=lambda number, state: {},
    )
    logits = jax.jit(lambda x: apply_evaluation(module, state.inference, x))
    write_json(folder / RECORD, {"steps": steps, **_test(logits, prepared, modality)})


def _test(logits, prepared: PreparedData, modality: str) -> dict:
    """Accuracy on every real item of the test split."""
    split = prepared.split("test")
    correct, n = 0, 0
    items = getattr(split, modality)
    progress = Progress(f"judge of {modality}s, test", len(items), unit=f"{modality}s")
    for batch in evaluation_batches(
        split,
        direction=DIRECTION[modality],
        pairing=prepared.pairing,
        batch_size=EVALUATION_BATCH,
        seed=0,
    ):
        guess = np.argmax(logits(to_unit(jnp.asarray(batch["source"]))), axis=-1)
        mask = batch["mask"] > 0
        correct += int(np.sum((guess == batch["label"])[mask]))
        n += int(mask.sum())
        progress.update(n)
    return {"accuracy": correct / n, "n": n, "split": "test"}
