"""One level for a whole piece, from samples that wait in a file."""

import os
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from jaxtyping import Float32

# Of what sounds in a piece, to full scale; no sample is above the peak.
LEVEL_RMS = 0.1
HIGHEST_PEAK = 0.95
_FADE_SECONDS = 0.005
_AT_ONCE = 1 << 16


def levelled(file: BinaryIO, sample_rate: int) -> Iterator[Float32[np.ndarray, " w"]]:
    """The samples of a piece at its level, softly at both ends.

    What sounds gets a root mean square of LEVEL_RMS, less if its loudest sample would
    pass HIGHEST_PEAK. Both ends are faded over 5 ms before anything is measured: there,
    where the fewest frames overlap, an inversion is least sure and often loudest.

    Args:
      file: float32 samples of any scale, read twice.
      sample_rate: of them, in Hz.
    """
    squares = peak = 0.0
    count = 0
    for block in _faded(file, sample_rate):
        squares += float(np.square(block, dtype=np.float64).sum())
        count += np.count_nonzero(block)
        peak = max(peak, float(np.abs(block).max()))
    gain = 0.0
    if peak:
        gain = min(LEVEL_RMS / np.sqrt(squares / count), HIGHEST_PEAK / peak)
    for block in _faded(file, sample_rate):
        yield np.float32(gain) * block


def _faded(file: BinaryIO, sample_rate: int) -> Iterator[Float32[np.ndarray, " w"]]:
    length = file.seek(0, os.SEEK_END) // np.float32().itemsize
    file.seek(0)
    start, fade = 0, round(_FADE_SECONDS * sample_rate)
    while len(block := np.fromfile(file, np.float32, _AT_ONCE)):
        place = start + np.arange(len(block))
        from_end = np.minimum(place, length - 1 - place) / fade
        rise = np.sin(np.pi / 2 * np.minimum(from_end, 1)) ** 2
        yield block * rise.astype(np.float32)
        start += len(block)
