"""Rows of the report: a source, what belongs to it, and what the system made of it."""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import UInt8

from cmgan_jax.data.items import source_and_target
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.reporting.page import Example, Sample
from cmgan_jax.runs.model import TrainedSystem
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import to_uint8, to_unit

# uint8 sounds [b m t 1] -> waveforms [b w].
Waveforms = Callable[[UInt8[np.ndarray, "b m t 1"]], np.ndarray]


def make_examples(
    system: TrainedSystem,
    logits: Callable,
    prepared: PreparedData,
    *,
    split: str,
    per_class: int,
    samples: int,
    waveforms: Waveforms | None,
) -> tuple[Example, ...]:
    """Generates from a few sources of every class, spread evenly over its songs.

    Args:
      system: a trained system.
      logits: of the judge of its targets.
      prepared: the data set.
      split: where the sources are from; training never saw it.
      per_class: sources of each class.
      samples: generated targets of each source, each with other noise.
      waveforms: makes sound audible; None where it cannot be.
    """
    direction = system.record.direction
    source, target = source_and_target(prepared.split(split), direction)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    rows = _spread(source.label, per_class)
    sources = np.asarray(source.array)[rows]
    generated = [
        to_uint8(system.generate(sources, jax.random.key(i))) for i in range(samples)
    ]
    guesses = [np.argmax(logits(to_unit(part)), axis=-1) for part in generated]
    names = prepared.class_names
    speak = {"s2i": (waveforms, None), "i2s": (None, waveforms)}[direction]
    source_samples = _samples(sources, waveforms=speak[0])
    target_samples = _samples(
        np.asarray(target.array)[partner[rows]], waveforms=speak[1]
    )
    generated_samples = [
        _samples(part, waveforms=speak[1], judged=[names[g] for g in guess])
        for part, guess in zip(generated, guesses, strict=True)
    ]
    return tuple(
        Example(
            class_name=names[source.label[row]],
            source=source_samples[i],
            target=target_samples[i],
            generated=tuple(part[i] for part in generated_samples),
        )
        for i, row in enumerate(rows)
    )


def _spread(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Row numbers, for each label so many of its rows, evenly spread."""
    chosen = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        middle = (np.arange(per_class) + 0.5) / per_class * len(rows)
        chosen.append(rows[np.unique(middle.astype(int))])
    return np.concatenate(chosen)


def _samples(
    arrays: UInt8[np.ndarray, "b h w c"],
    *,
    waveforms: Waveforms | None,
    judged: list[str] | None = None,
) -> list[Sample]:
    audio = [None] * len(arrays) if waveforms is None else waveforms(arrays)
    names = judged or [None] * len(arrays)
    return [
        Sample(picture=as_picture(array), audio=sound, judged=name)
        for array, sound, name in zip(arrays, audio, names, strict=True)
    ]
