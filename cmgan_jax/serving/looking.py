"""Where the encoder looks: its attention map, as it is laid over the source."""

import dataclasses
import functools
import math
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.serving.ways import Way


@dataclasses.dataclass(frozen=True)
class Looks:
    """Where a source is looked at.

    Attributes:
      weights: how much each part of the source, as a person sees it, is looked at from
        all of its places on average, the most being 1, [s s].
      gate: what attention adds to the features is multiplied by this; near 0 it hardly
        matters where it looks.
    """

    weights: Float[np.ndarray, "s s"]
    gate: float


@functools.cache
def _compiled(looks: Callable) -> Callable:
    return jax.jit(looks)


def look(way: Way, source: UInt8[np.ndarray, "h w c"]) -> Looks | None:
    """Where a way looks in a source, uint8 [h w c]; None if it has no attention."""
    system = way.model.system
    if system.looks is None:
        return None
    maps, gate = _compiled(system.looks)(way.model.variables, source[np.newaxis])
    weights = np.asarray(maps)[0].mean(axis=0)
    side = math.isqrt(len(weights))
    weights = weights.reshape(side, -1)
    if source.shape[-1] == 1:
        # A spectrogram is shown with its lowest band, row 0, at the bottom.
        weights = weights[::-1]
    return Looks(weights / weights.max(), float(gate))
