"""How a picture and a window of sound become arrays, parameter by parameter.

The representation is stored beside every prepared data set and inside every workdir;
training and generation compare the two and refuse to mix different ones.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

IMAGE_CROPS = ("centre", "original")
SOUND_KINDS = ("log_mel", "coloured", "pictures")
# What log-mel spectrograms of a window's length, in seconds, take: as many frames as
# bands, a power of two. Transforms grow with the bands: of twice as many, half as
# wide, the shorter ones would leave the lowest less than a bin each.
LOG_MEL_WINDOWS = {
    0.5: {},
    1.0: {"hop_length": 173, "n_mels": 128, "n_fft": 2048},
}


@dataclasses.dataclass(frozen=True)
class Representation:
    """Parameters of the image and sound arrays of one data set.

    Attributes:
      image_size: height and width of a picture, in pixels.
      image_crop: "centre" keeps the largest centred square; "original" keeps the
        authors' centred window of 130 columns of a 192 x 108 frame (systems of 2020).
      sound: "log_mel" is one invertible channel, dB below the window's maximum;
        "coloured" is the authors' colour-mapped picture of a spectrogram computed
        here; "pictures" are spectrogram pictures somebody else made.
      sample_rate: samples per second after resampling, in Hz.
      window_seconds: length of one window of sound, in seconds.
      n_fft: length of the Fourier transform, in samples.
      hop_length: samples between neighbouring frames.
      n_mels: number of mel bands.
      fmin: lowest edge of the mel filter bank, in Hz.
      fmax: highest edge of the mel filter bank, in Hz.
      top_db: dynamic range kept below the window's maximum, in dB.
      colormap: name of the colour map of a "coloured" sound, else empty.
    """

    image_size: int = 64
    image_crop: str = "centre"
    sound: str = "log_mel"
    sample_rate: int = 22050
    window_seconds: float = 0.5
    n_fft: int = 1024
    hop_length: int = 175
    n_mels: int = 64
    fmin: float = 40.0
    fmax: float = 11025.0
    top_db: float = 80.0
    colormap: str = ""

    def __post_init__(self):
        _require_known("image_crop", self.image_crop, IMAGE_CROPS)
        _require_known("sound", self.sound, SOUND_KINDS)
        if self.image_size < 16 or self.image_size & (self.image_size - 1):
            raise ValueError(
                f"image_size={self.image_size}: expected a power of two, 16 or more."
            )
        if self.fmax > self.sample_rate / 2:
            raise ValueError(
                f"fmax={self.fmax} Hz exceeds half of sample_rate={self.sample_rate} "
                f"Hz: lower fmax to {self.sample_rate / 2} or raise sample_rate."
            )
        if (self.sound == "coloured") != bool(self.colormap):
            raise ValueError(
                f"colormap={self.colormap!r} with sound={self.sound!r}: name a colour "
                "map for 'coloured' sounds and leave it empty otherwise."
            )

    @property
    def window_samples(self) -> int:
        """Samples in one window of sound."""
        return round(self.window_seconds * self.sample_rate)

    @property
    def frames(self) -> int:
        """Frames of the centred short-time Fourier transform of one window."""
        return 1 + self.window_samples // self.hop_length

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of one picture, [h w c]."""
        return (self.image_size, self.image_size, 3)

    @property
    def sound_shape(self) -> tuple[int, int, int]:
        """Shape of one sound, [h w c]."""
        if self.sound == "log_mel":
            return (self.n_mels, self.frames, 1)
        return (self.image_size, self.image_size, 3)

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Representation":
        """The representation with these fields.

        Raises:
          ValueError: a field is missing or unknown.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if set(fields) != known:
            raise ValueError(
                f"a representation has the fields {sorted(known)}, but "
                f"{sorted(set(fields) ^ known)} are missing or unknown."
            )
        return cls(**fields)


def _require_known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name}={value!r} is unknown; known: {', '.join(known)}.")


def require_same(
    first: Representation, second: Representation, *, first_is: str, second_is: str
) -> None:
    """Refuses two representations that differ.

    Raises:
      ValueError: names every field that differs, with both values.
    """
    pairs = zip(first.to_json().items(), second.to_json().values(), strict=True)
    different = [
        f"{name}: {a!r} in {first_is}, {b!r} in {second_is}"
        for (name, a), b in pairs
        if a != b and not (isinstance(a, float) and math.isclose(a, b))
    ]
    if different:
        raise ValueError(
            f"{first_is} and {second_is} were made with different representations ("
            + "; ".join(different)
            + "). Prepare the data again with the same parameters, or train again."
        )


def to_unit(pixels: Any) -> Any:
    """uint8 in [0, 255] to float32 in [-1, 1], any shape, NumPy or JAX."""
    return pixels.astype(np.float32) / 127.5 - 1.0


def to_uint8(unit: Any) -> Any:
    """Floats in [-1, 1] to uint8, rounded and clipped, any shape, NumPy or JAX."""
    library = unit.__array_namespace__()
    levels = library.round((unit + 1.0) * 127.5)
    return library.clip(levels, 0, 255).astype(np.uint8)
