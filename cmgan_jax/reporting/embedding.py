"""Pictures and sounds as text inside the page, so that it needs no other file."""

import base64
import io
import wave

import matplotlib.image
import numpy as np
from jaxtyping import Float, UInt8


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
