"""Samples to WAV files."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float

from cmgan_jax.media import encoding


def write_wav(
    path: str | os.PathLike, waveform: Float[np.ndarray, " t"], sample_rate: int
) -> None:
    """Writes samples in [-1, 1], clipped there, as a mono 16-bit WAV."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(encoding.wav(waveform, sample_rate))


def write_wav_blocks(
    path: str | os.PathLike,
    blocks: Iterable[Float[np.ndarray, " _"]],
    sample_rate: int,
) -> None:
    """As `write_wav`, of a sound that is given block after block."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Opened here, since soundfile cannot pass on a name that is no text.
    with (
        open(path, "wb") as file,
        soundfile.SoundFile(
            file, "w", sample_rate, channels=1, format="WAV", subtype="PCM_16"
        ) as sound,
    ):
        for block in blocks:
            sound.write(np.clip(block, -1, 1))
