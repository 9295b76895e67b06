"""Generating in batches of one size, from noise that belongs to the source."""

import functools
import zlib
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import to_uint8
from cmgan_jax.systems.interface import Finished, System

# One size for all: a compiled program of another size rounds otherwise, and a source
# gives the same result alone and among others.
BATCH_SIZE = 16
Items = UInt8[np.ndarray, "n _ _ _"]
Noise = Float[np.ndarray, "n m"]


def item_numbers(sources: Items) -> np.ndarray:
    """A number of every source that depends on its pixels alone, uint32 [n]."""
    rows = np.ascontiguousarray(sources)
    return np.array([zlib.crc32(row.data) for row in rows], np.uint32)


def make_draw_noise(system: System) -> Callable[[Items, int], Noise]:
    """Builds (sources, seed) -> their noise, from the seed and their own pixels."""

    @jax.jit
    def one_batch(root, numbers):
        keys = jax.vmap(lambda number: jax.random.fold_in(root, number))(numbers)
        return system.draw_noise(keys)

    def draw_noise(sources: Items, seed: int) -> Noise:
        root = jax.random.key(seed)
        draw = functools.partial(one_batch, root)
        empty = np.empty((0, system.noise_size), np.float32)
        return _in_batches(draw, item_numbers(sources), empty=empty)

    return draw_noise


def make_generate(system: System) -> Callable[..., Items]:
    """Builds (finished, sources, direction, seed, noise) -> generated targets, uint8.

    What is generated is what is written and judged: uint8, any number of sources. Where
    no noise is given, it is drawn from the seed and the source's own pixels.
    """
    draw_noise = make_draw_noise(system)

    @functools.partial(jax.jit, static_argnums=3)
    def one_batch(finished, sources, noise, direction):
        return to_uint8(system.generate(finished, sources, noise, direction))

    def generate(
        finished: Finished,
        sources: Items,
        *,
        direction: Direction,
        seed: int = 0,
        noise: Noise | None = None,
    ) -> Items:
        def make(sources, noise):
            return one_batch(finished, sources, noise, direction)

        noise = draw_noise(sources, seed) if noise is None else noise
        empty = np.empty((0, *system.task.shape(direction.target)), np.uint8)
        return _in_batches(make, sources, noise, empty=empty)

    return generate


def _in_batches(function, *arrays: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """`function` of all rows of some arrays, in batches of one size.

    The last batch is filled up with its own last row; `empty` is the result of no rows.
    """
    results = [empty]
    for start in range(0, len(arrays[0]), BATCH_SIZE):
        parts = [np.asarray(array[start : start + BATCH_SIZE]) for array in arrays]
        count = len(parts[0])
        rows = np.minimum(np.arange(BATCH_SIZE), count - 1)
        results.append(np.asarray(function(*(part[rows] for part in parts)))[:count])
    return np.concatenate(results)
