"""Generated arrays to files: pictures as PNG, sounds as WAV with their spectrogram."""

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.media import log_mel
from cmgan_jax.media.pictures import squeeze, write_picture
from cmgan_jax.media.sound_writing import write_wav
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import Representation, to_unit

# uint8 log-mel spectrograms [b m t 1] -> waveforms, float32 [b w].
Waveforms = Callable[[np.ndarray], np.ndarray]
SHOWN_SIZE = 256  # spectrogram pictures are enlarged to this many pixels for people
FADE_SECONDS = 0.005


def waveform_maker(
    representation: Representation,
) -> Waveforms | None:
    """A function from log-mel spectrograms to waveforms, or None.

    Only the "log_mel" representation can be turned back into sound: a colour-mapped
    picture of a spectrogram keeps too little of it. The waveforms begin and end
    softly, and their largest sample is 1.
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
        return faded(np.asarray(inverted), representation.sample_rate)

    return waveforms


def faded(
    waveforms: Float[np.ndarray, "b w"], sample_rate: int
) -> Float[np.ndarray, "b w"]:
    """Waveforms without clicks at their ends, each as loud as it can be.

    A window is cut out of a longer sound: its first and last samples jump from and to
    nothing, and there, where the fewest frames overlap, an inversion is least sure and
    often loudest. Both ends are faded over 5 ms. The largest sample between the fades
    becomes 1; what is larger within them is cut off there, unless it is over ten times
    as large and all there is.

    Args:
      waveforms: [b w], of more than 10 ms each.
      sample_rate: of them, in Hz.
    """
    length = round(FADE_SECONDS * sample_rate)
    rise = np.sin(np.pi / 2 * np.arange(length) / length) ** 2
    soft = np.array(waveforms)
    soft[:, :length] *= rise
    soft[:, -length:] *= rise[::-1]
    inside = np.abs(soft[:, length:-length]).max(axis=1, keepdims=True)
    level = np.maximum(inside, np.abs(soft).max(axis=1, keepdims=True) / 10)
    return np.clip(soft / np.where(level > 0, level, 1), -1, 1)


def suffixes(modality: str, waveforms: Waveforms | None) -> tuple[str, ...]:
    """What the names of the files of one target end with."""
    return (".wav", ".png") if modality == "sound" and waveforms else (".png",)


def write_target(
    stem: Path,
    target: UInt8[np.ndarray, "h w c"],
    representation: Representation,
    *,
    modality: str,
    waveforms: Waveforms | None,
    replace: bool = False,
) -> list[Path]:
    """Writes one generated target; files appear whole or not at all.

    Args:
      stem: path without extension.
      target: uint8, as it was generated.
      representation: of the data.
      modality: an "image" is written as STEM.png, a "sound" as STEM.wav with the
        picture of its spectrogram, STEM.png.
      waveforms: from waveform_maker; None writes no WAV.
      replace: whether files of these names may be replaced.

    Returns:
      The files written.

    Raises:
      FileExistsError: a file of such a name is there and may not be replaced.
    """
    files = [stem.with_name(stem.name + end) for end in suffixes(modality, waveforms)]
    if len(files) == 2:
        with whole_file(files[0], replace=replace) as partial:
            rate = representation.sample_rate
            write_wav(partial, waveforms(target[None])[0], rate)
    picture = as_picture(target)
    if modality == "sound":
        picture = squeeze(picture, SHOWN_SIZE)
    with whole_file(files[-1], replace=replace) as partial:
        write_picture(partial, picture)
    return files


def copy_target(made: Path, path: Path, *, replace: bool) -> None:
    """Writes a file of a target under another name as well."""
    with whole_file(path, replace=replace) as partial:
        partial.write_bytes(made.read_bytes())
