"""The waveform of a piece of any length from its mel powers, block after block.

Every block of a few seconds is found with the last tenth of a second of the block
before it in place, so that its phase goes on and nothing is heard where they meet.
"""

import dataclasses
import functools
from collections.abc import Iterable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Key

from cmgan_jax.runtime.kept import Keep, keep_nothing
from cmgan_jax.signals.inversion import find_waveform, floor_power
from cmgan_jax.signals.representation import Representation

# Of one block, in hops of the spectrogram: taken over from the block before, and at its
# end given up again, as the frames after them are missing.
_BEGUN = 20
_UNSURE = 8
# Around a frame that have to sound for it to be heard whole.
_AROUND = 3
_BLOCK_SECONDS = 4.0


def stream_waveform(
    powers: Iterable[Float32[np.ndarray, "_ m"]],
    *,
    filter_bank: Float[np.ndarray, "m f"],
    representation: Representation,
    key: Key[Array, ""],
    keep: Keep = keep_nothing,
) -> Iterator[Float32[np.ndarray, " w"]]:
    """The waveform with these mel powers, in memory for one block only.

    Args:
      powers: of consecutive frames, any number at a time, as `join_windows` gives them.
      filter_bank: mel weights of power spectra, [n_mels, 1 + n_fft // 2].
      representation: of the frames.
      key: random key of the phase to begin with.
      keep: is asked for every block of samples, and computes it or not.

    Yields:
      Samples in the scale of the powers, one hop for each frame in all; 0 where all
      bands of the frames are silent.
    """
    hop = representation.hop_length
    frames, fresh = _sizes(representation)
    block = dataclasses.replace(
        representation,
        window_seconds=(frames - 1) * hop / representation.sample_rate,
    )
    # The piece begins after as much silence as is taken over.
    quiet = np.zeros((_BEGUN, representation.n_mels), np.float32)
    begun, passed = np.zeros(_BEGUN * hop, np.float32), _BEGUN
    # Later than a block's beginning, where the frames around a frame are in it.
    heard_to = fresh + 2 * _AROUND
    blocks = _blocks(quiet, powers, frames=frames, fresh=fresh, enough=heard_to)
    for bands, real in blocks:
        given = bands[np.newaxis], begun[np.newaxis], filter_bank, key, block
        (waveform,) = keep(_found, *given)
        audible = waveform * _audible(bands, representation)
        yield audible[passed * hop : min(real, heard_to) * hop]
        begun = waveform[fresh * hop : (fresh + _BEGUN) * hop]
        passed = heard_to - fresh


def seams(samples: int, representation: Representation) -> Float[np.ndarray, " n"]:
    """Where blocks of a waveform meet, in seconds; for who listens there."""
    _, fresh = _sizes(representation)
    first = fresh + 2 * _AROUND - _BEGUN
    frames = np.arange(first, samples // representation.hop_length, fresh)
    return frames * representation.hop_length / representation.sample_rate


def _sizes(representation: Representation) -> tuple[int, int]:
    """Frames of a block, and from the beginning of one to that of the next."""
    hop = representation.hop_length
    frames = 1 + round(_BLOCK_SECONDS * representation.sample_rate / hop)
    return frames, frames - _BEGUN - _UNSURE


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
    held: Float32[np.ndarray, "k m"],
    powers: Iterable[Float32[np.ndarray, "_ m"]],
    *,
    frames: int,
    fresh: int,
    enough: int,
) -> Iterator[tuple[Float32[np.ndarray, "t m"], int]]:
    """Blocks of `frames` that begin `fresh` apart, and how many of each are real.

    They begin with what is held. The last ones are filled up with silence; none follows
    one with `enough` or fewer.
    """
    for some in powers:
        held = np.concatenate([held, some])
        while len(held) >= frames:
            yield held[:frames], frames
            held = held[fresh:]
    while True:
        yield (
            np.pad(held[:frames], ((0, max(frames - len(held), 0)), (0, 0))),
            len(held),
        )
        if len(held) <= enough:
            return
        held = held[fresh:]


def _audible(
    bands: Float32[np.ndarray, "t m"], representation: Representation
) -> Float32[np.ndarray, " w"]:
    """How loud samples are heard: 0 in silence, rising where sound begins after it.

    Those are the frames whose phase is least sure.
    """
    sounding = (bands > floor_power(representation.top_db)).any(axis=1)
    gains = _around(_around(sounding).all(axis=1)).mean(axis=1)
    middles = np.arange(len(bands)) * representation.hop_length
    return np.interp(np.arange(middles[-1]), middles, gains).astype(np.float32)


def _around(frames: np.ndarray) -> np.ndarray:
    """Every frame with those around it, [t k]; the first and last are repeated."""
    width = 2 * _AROUND + 1
    return np.lib.stride_tricks.sliding_window_view(
        np.pad(frames, _AROUND, mode="edge"), width
    )
