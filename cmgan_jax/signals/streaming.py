"""The waveform of a piece of any length from its mel powers, block after block.

Every block of a few seconds is found with the last tenth of a second of the block
before it in place, so that its phase goes on and nothing is heard where they meet.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Key

from cmgan_jax.signals.inversion import find_waveform, floor_power
from cmgan_jax.signals.representation import Representation

# Of one block, in hops of the spectrogram: taken over from the block before; at its end
# and given up again, as the frames after them are missing.
_BEGUN = 20
_UNSURE = 8
_BLOCK_SECONDS = 4.0


def stream_waveform(
    powers: Iterable[Float32[np.ndarray, "t m"]],
    *,
    filter_bank: Float[np.ndarray, "m f"],
    representation: Representation,
    key: Key[Array, ""],
) -> Iterator[Float32[np.ndarray, " w"]]:
    """The waveform with these mel powers, in memory for one block only.

    Args:
      powers: of consecutive frames, any number at a time, as `join_windows` gives them.
      filter_bank: mel weights of power spectra, [n_mels, 1 + n_fft // 2].
      representation: of the frames.
      key: random key of the phase to begin with.

    Yields:
      Samples in the scale of the powers, one hop for each frame in all; 0 where all
      bands of the frames are silent.
    """
    hop = representation.hop_length
    frames = 1 + round(_BLOCK_SECONDS * representation.sample_rate / hop)
    fresh = frames - _BEGUN - _UNSURE
    block = dataclasses.replace(
        representation,
        window_seconds=(frames - 1) * hop / representation.sample_rate,
    )
    # The piece begins after as much silence as is taken over.
    quiet = np.zeros((_BEGUN, representation.n_mels), np.float32)
    begun, passed = np.zeros(_BEGUN * hop, np.float32), _BEGUN
    pieces = itertools.chain([quiet], powers)
    for bands, told in _blocks(pieces, frames=frames, fresh=fresh):
        found = _found(bands[np.newaxis], begun[np.newaxis], filter_bank, key, block)
        waveform = np.array(found[0])
        waveform *= _audible(bands, representation)
        yield waveform[passed * hop : told * hop]
        begun, passed = waveform[fresh * hop : (fresh + _BEGUN) * hop], 0


@functools.partial(jax.jit, static_argnames="representation")
def _found(bands, begun, filter_bank, key, representation):
    return find_waveform(
        jnp.maximum(bands, floor_power(representation.top_db)),
        begun,
        filter_bank=filter_bank,
        representation=representation,
        key=key,
    )


def _blocks(
    powers: Iterable[Float32[np.ndarray, "_ m"]], *, frames: int, fresh: int
) -> Iterator[tuple[Float32[np.ndarray, "t m"], int]]:
    """Blocks of `frames` that begin `fresh` frames apart, and how many of it to tell.

    The last is filled up with silence.
    """
    held = None
    for some in powers:
        held = some if held is None else np.concatenate([held, some])
        while len(held) >= frames:
            yield held[:frames], fresh
            held = held[fresh:]
    while held is not None and len(held):
        told = min(fresh, len(held))
        yield np.pad(held, ((0, frames - len(held)), (0, 0))), told
        held = held[told:]


def _audible(
    bands: Float32[np.ndarray, "t m"], representation: Representation
) -> Float32[np.ndarray, " w"]:
    """1 where a frame sounds, 0 where none near does, sloping from frame to frame."""
    sounding = (bands > floor_power(representation.top_db)).any(axis=1)
    middles = np.arange(len(bands)) * representation.hop_length
    samples = np.arange(middles[-1])
    return np.interp(samples, middles, sounding).astype(np.float32)
