"""Pictures and sounds as text inside the page, so that it needs no other file."""

import base64
import io
import wave

import matplotlib
import matplotlib.image
import numpy as np
from jaxtyping import Float, UInt8

SPECTROGRAM_COLOURS = "magma"


def spectrogram_picture(
    sound: UInt8[np.ndarray, "m t 1"],
) -> UInt8[np.ndarray, "m t 3"]:
    """Colours a log-mel spectrogram and turns it upright, low notes at the bottom.

    Args:
      sound: levels of the mel bands, row 0 the lowest band, [m t 1].

    Returns:
      An RGB picture, row 0 the highest band, black the quietest, [m t 3].
    """
    colours = matplotlib.colormaps[SPECTROGRAM_COLOURS]
    return colours(sound[::-1, :, 0], bytes=True)[..., :3]


def png_uri(picture: UInt8[np.ndarray, "h w 3"]) -> str:
    """A picture as a PNG data URI."""
    file = io.BytesIO()
    matplotlib.image.imsave(file, picture, format="png")
    return _data_uri("image/png", file.getvalue())


def wav_uri(audio: Float[np.ndarray, " t"], *, sample_rate: int) -> str:
    """A waveform in [-1, 1], clipped, as a data URI of a 16-bit WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        samples = np.rint(np.clip(audio, -1.0, 1.0) * 32767.0)
        writer.writeframes(samples.astype("<i2").tobytes())
    return _data_uri("audio/wav", file.getvalue())


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
