"""What a run looks at while it trains: a grid of samples and, if stored, a judge."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.data.items import source_and_target
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.evaluation.judges import stored_judge
from cmgan_jax.runs.model import make_generate
from cmgan_jax.runs.phases import Sample
from cmgan_jax.runs.writers import grid, write_picture
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import to_uint8
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.training.state import GanState

ROWS = 13  # of the sample grid
BATCH_SIZE = 128


def make_sample(
    config: Any, parts: GanParts, prepared: PreparedData, workdir: Path
) -> Sample:
    """Builds (step, state) -> {"validation_accuracy"} that also writes a grid.

    The grid's columns are source, real target and generated target of evenly spread
    validation items. The accuracy needs the data set's judge; without one, none is
    logged. Data without a validation split shows training items and logs none either.
    """
    validates = "validation" in prepared.splits
    split = prepared.split("validation" if validates else "train")
    source, target = source_and_target(split, config.direction)
    count = min(config.run.validation_examples, len(source))
    chosen = np.linspace(0, len(source) - 1, count).astype(int)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    sources = np.asarray(source.array)[chosen]
    targets = np.asarray(target.array)[partner[chosen]]
    modality = "image" if config.direction == "s2i" else "sound"
    judge = stored_judge(prepared, modality) if validates else None
    if not validates:
        print("No validation split: sample grids show training items, no accuracy.")
    elif judge is None:
        print("No judge is stored with the data: training logs no validation accuracy.")
    generate = jax.jit(make_generate(parts))
    shown = np.linspace(0, count - 1, min(ROWS, count)).astype(int)

    def sample(step: int, state: GanState) -> dict[str, float]:
        generated = _in_batches(generate, state.inference, sources)
        columns = [sources[shown], targets[shown], to_uint8(generated[shown])]
        pictures = [np.stack([as_picture(x) for x in column]) for column in columns]
        write_picture(workdir / "samples" / f"{step:06d}.png", grid(pictures))
        if judge is None:
            return {}
        guess = np.concatenate(
            [
                np.argmax(judge.logits(jnp.asarray(part)), axis=-1)
                for part in np.array_split(generated, -(-count // BATCH_SIZE))
            ]
        )
        return {"validation_accuracy": float(np.mean(guess == source.label[chosen]))}

    return sample


def _in_batches(generate: Callable, variables: Any, sources: np.ndarray) -> np.ndarray:
    """Generated targets of all sources, float32, in batches of one size."""
    key = jax.random.key(0)
    results = []
    for start in range(0, len(sources), BATCH_SIZE):
        part = sources[start : start + BATCH_SIZE]
        padded = np.concatenate([part, np.repeat(part[-1:], BATCH_SIZE - len(part), 0)])
        generated = generate(variables, padded, jax.random.fold_in(key, start))
        results.append(np.asarray(generated)[: len(part)])
    return np.concatenate(results)
