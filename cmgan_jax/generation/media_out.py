"""Generated arrays to files: pictures as PNG, sounds as WAV with their spectrogram."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media import log_mel
from cmgan_jax.media.pictures import squeeze, write_picture
from cmgan_jax.media.sounds import write_wav
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import Representation, to_unit

# uint8 log-mel spectrograms [b m t 1] -> waveforms, float32 [b w].
Waveforms = Callable[[np.ndarray], np.ndarray]
SHOWN_SIZE = 256  # spectrogram pictures are enlarged to this many pixels for people


def waveform_maker(
    representation: Representation,
) -> Waveforms | None:
    """A function from log-mel spectrograms to waveforms, or None.

    Only the "log_mel" representation can be turned back into sound: a colour-mapped
    picture of a spectrogram keeps too little of it.
    """
    if representation.sound != "log_mel":
        return None
    bank = log_mel.filter_bank(representation)

    def waveforms(sounds):
        inverted = invert(
            to_unit(sounds)[..., 0],
            filter_bank=bank,
            representation=representation,
            key=jax.random.key(0),
        )
        return np.asarray(inverted)

    return waveforms


def write_target(
    stem: Path,
    target: UInt8[np.ndarray, "h w c"],
    representation: Representation,
    *,
    modality: str,
    waveforms: Waveforms | None,
) -> list[Path]:
    """Writes one generated target.

    Args:
      stem: path without extension.
      target: uint8, as it was generated.
      representation: of the data.
      modality: an "image" is written as STEM.png, a "sound" as STEM.wav with the
        picture of its spectrogram, STEM.png.
      waveforms: from waveform_maker; None writes no WAV.

    Returns:
      The files written.
    """
    picture = as_picture(target)
    if modality == "sound":
        picture = squeeze(picture, SHOWN_SIZE)
    png = stem.with_name(stem.name + ".png")
    write_picture(png, picture)
    if modality == "image" or waveforms is None:
        return [png]
    wav = stem.with_name(stem.name + ".wav")
    write_wav(wav, waveforms(target[None])[0], representation.sample_rate)
    return [wav, png]
