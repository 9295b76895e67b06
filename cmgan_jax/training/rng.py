"""Random numbers by name: every use owns a stream, and every step a key of it.

Nothing is split along the way, so adding a stream changes the numbers of no other, and
a run resumed at step n draws exactly what the uninterrupted run drew at step n.
"""

import zlib

import jax
from jaxtyping import Array, Int, Key

MOST_SEED = 2**32 - 1  # a larger one gives the key of a smaller one


def stream(
    root: Key[Array, ""], name: str, step: int | Int[Array, ""]
) -> Key[Array, ""]:
    """The key of the stream called `name` at `step`.

    Args:
      root: key of the run, never advanced.
      name: what the numbers are for, such as "z" or "shift".
      step: count of updates made so far.
    """
    named = jax.random.fold_in(root, zlib.crc32(name.encode()) & 0x7FFFFFFF)
    return jax.random.fold_in(named, step)
