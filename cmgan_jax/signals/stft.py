"""The centred short-time Fourier transform of a representation, and its inverse."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from cmgan_jax.signals.representation import Representation


def stft(
    waveform: Float[Array | np.ndarray, "b w"], representation: Representation
) -> Complex[Array, "b t f"]:
    """Centred short-time Fourier transform, Hann window, zeros beyond the ends."""
    n_fft, hop, frames = _geometry(representation)
    blocks = _blocks(representation)
    left = n_fft // 2
    right = (frames + blocks - 1) * hop - left - representation.window_samples
    padded = jnp.pad(waveform, ((0, 0), (left, right)))
    rows = padded.reshape(len(waveform), frames + blocks - 1, hop)
    pieces = [rows[:, block : block + frames] for block in range(blocks)]
    framed = jnp.concatenate(pieces, axis=-1)[..., :n_fft]
    return jnp.fft.rfft(framed * _window(n_fft))


def istft(
    spectrum: Complex[Array, "b t f"], representation: Representation
) -> Float[Array, "b w"]:
    """The waveform whose transform is nearest (Griffin and Lim, 1984, equation 6)."""
    n_fft, _, frames = _geometry(representation)
    window = _window(n_fft)
    added = _overlap_add(jnp.fft.irfft(spectrum, n=n_fft) * window, representation)
    squares = jnp.broadcast_to(window**2, (1, frames, n_fft))
    return added / jnp.maximum(_overlap_add(squares, representation), 1e-8)


def _overlap_add(
    framed: Float[Array, "b t k"], representation: Representation
) -> Float[Array, "b w"]:
    n_fft, hop, frames = _geometry(representation)
    blocks = _blocks(representation)
    framed = jnp.pad(framed, ((0, 0), (0, 0), (0, blocks * hop - n_fft)))
    pieces = framed.reshape(len(framed), frames, blocks, hop)
    rows = sum(
        jnp.pad(pieces[:, :, block], ((0, 0), (block, blocks - 1 - block), (0, 0)))
        for block in range(blocks)
    )
    start = n_fft // 2
    samples = rows.reshape(len(framed), -1)
    return samples[:, start : start + representation.window_samples]


def _geometry(representation: Representation) -> tuple[int, int, int]:
    return representation.n_fft, representation.hop_length, representation.frames


def _blocks(representation: Representation) -> int:
    """Hops that cover one frame."""
    return -(-representation.n_fft // representation.hop_length)


def _window(n_fft: int) -> Float[Array, "1 1 k"]:
    """Periodic Hann window."""
    return (0.5 - 0.5 * jnp.cos(2 * jnp.pi * jnp.arange(n_fft) / n_fft))[None, None]
