"""Generated arrays to files: pictures as PNG, sounds as WAV with their spectrogram."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float, Float32, UInt8

from cmgan_jax.media import files as media
from cmgan_jax.media import log_mel
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import Representation, to_uint8, to_unit

SHOWN_SIZE = 256  # spectrogram pictures are enlarged to this many pixels for people


def waveform_maker(
    representation: Representation,
) -> Callable[[UInt8[np.ndarray, "b m t 1"]], Float32[np.ndarray, "b w"]] | None:
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
    target: Float[np.ndarray, "h w c"],
    representation: Representation,
    *,
    direction: str,
    waveforms: Callable | None,
) -> list[Path]:
    """Writes one generated target.

    Args:
      stem: path without extension.
      target: in [-1, 1].
      representation: of the data.
      direction: "s2i" writes STEM.png; "i2s" writes STEM.wav and the spectrogram's
        picture STEM.png.
      waveforms: from waveform_maker; None writes no WAV.

    Returns:
      The files written.
    """
    array = to_uint8(target)
    picture = as_picture(array)
    if direction == "i2s":
        picture = media.squeeze(picture, SHOWN_SIZE)
    png = stem.with_name(stem.name + ".png")
    media.write_picture(png, picture)
    if direction == "s2i" or waveforms is None:
        return [png]
    wav = stem.with_name(stem.name + ".wav")
    media.write_wav(wav, waveforms(array[None])[0], representation.sample_rate)
    return [wav, png]
