"""Rows of the report: a source, what belongs to it, and what the system made of it."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int, UInt8

from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.rows_by_label import spread_by_label
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.reporting.page import Example, Sample
from cmgan_jax.runs.model import Model
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.pictures import as_picture

# uint8 sounds [b m t 1] -> waveforms [b w].
Waveforms = Callable[[UInt8[np.ndarray, "b m t 1"]], np.ndarray]


def make_examples(
    model: Model,
    judges: Sequence[Judge],
    prepared: PreparedData,
    *,
    direction: Direction,
    split: str,
    per_class: int,
    samples: int,
    waveforms: Waveforms | None,
) -> tuple[Example, ...]:
    """Generates from a few sources of every class, spread evenly over its songs.

    Args:
      model: a trained system.
      judges: of its targets.
      prepared: the data set.
      direction: from which modality to which.
      split: where the sources are from; training never saw it.
      per_class: sources of each class.
      samples: generated targets of each source, each with other noise.
      waveforms: makes sound audible; None where it cannot be.
    """
    labels, sources, targets = spread_pairs(
        prepared, direction, split=split, per_class=per_class
    )
    generated = [
        model.generate(sources, direction=direction, seed=i) for i in range(samples)
    ]
    names = prepared.class_names
    speak = {"sound": waveforms, "image": None}
    aloud = speak[direction.target]
    source_samples = as_samples(sources, waveforms=speak[direction.source])
    target_samples = as_samples(targets, waveforms=aloud)
    generated_samples = [
        as_samples(part, waveforms=aloud, judged=_judged(part, judges, names))
        for part in generated
    ]
    return tuple(
        Example(
            class_name=names[label],
            source=source_samples[i],
            target=target_samples[i],
            generated=tuple(part[i] for part in generated_samples),
        )
        for i, label in enumerate(labels)
    )


def spread_pairs(
    prepared: PreparedData, direction: Direction, *, split: str, per_class: int
) -> tuple[
    Int[np.ndarray, " n"], UInt8[np.ndarray, "n _ _ _"], UInt8[np.ndarray, "n _ _ _"]
]:
    """Labels, sources and real targets of a few pairs of every class, evenly spread."""
    one = prepared.split(split)
    source, target = one.of(direction.source), one.of(direction.target)
    partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
    rows = spread_by_label(source.label, per_class)
    sources = source.array[rows]
    return source.label[rows], sources, target.array[partner[rows]]


def _judged(
    arrays: np.ndarray, judges: Sequence[Judge], names: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """The class that each judge names, of every item."""
    guesses = zip(*(judge.guess(arrays) for judge in judges), strict=True)
    return [tuple(names[guess] for guess in guess_of) for guess_of in guesses]


def as_samples(
    arrays: UInt8[np.ndarray, "b h w c"],
    *,
    waveforms: Waveforms | None,
    judged: list[tuple[str, ...]] | None = None,
) -> list[Sample]:
    """Items as a person meets them; with waveforms, spectrograms that can be heard."""
    audio = [None] * len(arrays) if waveforms is None else waveforms(arrays)
    names = judged or [()] * len(arrays)
    return [
        Sample(picture=as_picture(array), audio=sound, judged=name)
        for array, sound, name in zip(arrays, audio, names, strict=True)
    ]
