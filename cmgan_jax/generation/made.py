"""What a translator returns: pictures and sounds that notebooks show and files keep."""

import dataclasses
import functools
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.generation.media_out import SHOWN_SIZE, Waveforms, waveform_maker
from cmgan_jax.media.encoding import data_uri, png, wav
from cmgan_jax.media.pictures import squeeze, write_picture
from cmgan_jax.media.sound_writing import write_wav
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.pictures import as_picture
from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was made from a sound.

    Attributes:
      array: RGB, uint8 [h w 3].
      title: what it was made from, and with which seed.
    """

    array: UInt8[np.ndarray, "h w 3"]
    title: str

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the picture in the format that the path's suffix names, such as .png.

        Raises:
          FileExistsError: the file is there, and overwrite is not given.
          ValueError: the suffix names no format of pictures.
        """
        path = Path(path)
        with whole_file(_free(path, overwrite), replace=overwrite) as partial:
            write_picture(partial, self.array)
        return path

    def _repr_png_(self) -> bytes:
        return png(self.array)

    def _repr_html_(self) -> str:
        return _figure(_img(self.array, self.title), self.title)

    def __repr__(self) -> str:
        height, width = self.array.shape[:2]
        return f"Picture({width} x {height}, {self.title})"


@dataclasses.dataclass(frozen=True, eq=False)
class Sound:
    """A sound that was made from a picture.

    Attributes:
      array: log-mel spectrogram as the system made it, uint8 [m t 1].
      representation: how spectrograms and sounds belong together.
      title: what it was made from, and with which seed.
    """

    array: UInt8[np.ndarray, "m t c"]
    representation: Representation
    title: str

    @property
    def sample_rate(self) -> int:
        """Samples of the waveform per second, in Hz."""
        return self.representation.sample_rate

    @functools.cached_property
    def waveform(self) -> Float[np.ndarray, " t"]:
        """Samples in [-1, 1], float32 [t].

        Raises:
          ValueError: the system was trained on coloured spectrograms, which do not say
            enough to be heard.
        """
        waveforms = _waveforms(self.representation)
        if waveforms is None:
            raise ValueError(
                f"{self.representation.sound!r} spectrograms cannot be turned into "
                "sound: save the picture of it, or train on --sound=log_mel data."
            )
        return np.asarray(waveforms(self.array[None])[0], np.float32)

    @property
    def picture(self) -> UInt8[np.ndarray, "h w 3"]:
        """Its spectrogram, low notes at the bottom, uint8 [h w 3]."""
        return squeeze(as_picture(self.array), SHOWN_SIZE)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes a .wav file, or with another suffix the picture of the spectrogram.

        Raises:
          FileExistsError: the file is there, and overwrite is not given.
          ValueError: the suffix names no format, or the sound cannot be heard.
        """
        path = Path(path)
        with whole_file(_free(path, overwrite), replace=overwrite) as partial:
            if path.suffix.lower() == ".wav":
                write_wav(partial, self.waveform, self.sample_rate)
            else:
                write_picture(partial, self.picture)
        return path

    def _repr_html_(self) -> str:
        shown = _img(self.picture, f"Spectrogram of {self.title}")
        if _waveforms(self.representation) is None:
            return _figure(shown, self.title)
        source = data_uri("audio/wav", wav(self.waveform, self.sample_rate))
        return _figure(
            f'{shown}<br><audio controls src="{source}"></audio>', self.title
        )

    def __repr__(self) -> str:
        seconds = self.representation.window_seconds
        return f"Sound({seconds:g} s at {self.sample_rate} Hz, {self.title})"


Made = Picture | Sound


@functools.cache
def _waveforms(representation: Representation) -> Waveforms | None:
    return waveform_maker(representation)


def _free(path: Path, overwrite: bool) -> Path:
    if path.exists() and not overwrite:
        raise FileExistsError(
            f"{path} is there already: name another file, or give overwrite=True."
        )
    return path


def _img(array: UInt8[np.ndarray, "h w 3"], text: str) -> str:
    source = data_uri("image/png", png(array))
    style = "width:12em;image-rendering:pixelated"
    return f'<img alt="{escape(text)}" src="{source}" style="{style}">'


def _figure(content: str, title: str) -> str:
    caption = f"<figcaption>{escape(title)}</figcaption>"
    return (
        f'<figure style="display:inline-block;margin:.5em">{content}{caption}</figure>'
    )
