"""Several channels to one, without that they cancel."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

# Values looked at before the way of mixing is chosen: 47 s of stereo at 44.1 kHz.
_LOOKED_AT = 1 << 22
# Channels that have nothing to do with each other give the mean this share of its
# energy times 1; below a half they cancel.
_CANCELLED = 0.5
_SOUNDING = 1e-4


def mix_down(
    blocks: Iterator[Float[np.ndarray, "t c"]], notes: list[str]
) -> Iterator[Float[np.ndarray, " t"]]:
    """One channel of many: their mean, or the loudest one where the mean cancels.

    The mean of channels that have nothing to do with each other has the sum of their
    energies over the square of their number. Where it has less than half of that, they
    cancel, as the two of a recording with one plug wired the wrong way round do, and
    what is left in the mean is mostly hiss; then the loudest channel is taken. A side
    that is silent cancels nothing. Decided once for a recording, by its first 4 million
    values that are not silence; offsets do not count.

    Args:
      blocks: of one recording, at least one.
      notes: gets a sentence where the loudest channel was taken.

    Yields:
      float32 [t], in the blocks' order.
    """
    waiting, looked_at = [], 0
    weights = None
    for block in blocks:
        channels = block.shape[1]
        if weights is None and channels == 1:
            weights = np.ones(1, np.float32)
        if weights is None:
            if not waiting and np.ptp(block, axis=0).max() < 2 * _SOUNDING:
                yield block.mean(axis=1)
                continue
            waiting.append(block)
            looked_at += block.size
            if looked_at < _LOOKED_AT:
                continue
            weights = _weights(waiting, notes)
            yield from (held @ weights for held in waiting)
            waiting = []
            continue
        yield block @ weights
    if waiting:
        weights = _weights(waiting, notes)
        yield from (held @ weights for held in waiting)


def _weights(blocks: list[np.ndarray], notes: list[str]) -> Float[np.ndarray, " c"]:
    """How much of every channel of blocks [t c] is taken; sums to 1."""
    channels = blocks[0].shape[1]
    count = sum(len(block) for block in blocks)
    total = sum(block.sum(axis=0, dtype=np.float64) for block in blocks)
    products = sum(
        block.T.astype(np.float64) @ block.astype(np.float64) for block in blocks
    )
    offset = total / count
    covariance = products / count - np.outer(offset, offset)
    energies = np.diag(covariance)
    mean, unrelated = covariance.sum() / channels**2, energies.sum() / channels**2
    if mean >= _CANCELLED * unrelated:
        return np.full(channels, 1 / channels, np.float32)
    loudest = int(energies.argmax())
    notes.append(
        f"its {channels} channels cancel in their mean (one is most likely inverted): "
        f"channel {loudest + 1}, the loudest, is used alone."
    )
    return np.eye(channels, dtype=np.float32)[loudest]
