"""Pictures and sounds as the bytes of files, for pages that hold or fetch them."""

import base64
import io

import numpy as np
import soundfile
from jaxtyping import Float, UInt8
from PIL import Image

_PALETTE = 256  # colours that a PNG can name by one byte


def png(picture: UInt8[np.ndarray, "h w c"]) -> bytes:
    """A picture [h w 1] or [h w 3] as PNG, exactly.

    Up to 256 colours, which is all that a spectrogram has, are stored as a palette, in
    less than half the bytes.
    """
    image = Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)
    if picture.shape[-1] == 3:
        pixels = picture.reshape(-1, 3)
        colours, index = np.unique(pixels, axis=0, return_inverse=True)
        if len(colours) <= _PALETTE:
            numbers = index.astype(np.uint8).reshape(picture.shape[:2])
            image = Image.fromarray(numbers)
            image.putpalette(colours.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def wav(waveform: Float[np.ndarray, " t"], sample_rate: int) -> bytes:
    """Samples in [-1, 1], clipped there, as a mono 16-bit WAV."""
    return _sound(waveform, sample_rate, format="WAV", subtype="PCM_16")


def mp3(waveform: Float[np.ndarray, " t"], sample_rate: int) -> bytes:
    """Samples in [-1, 1], clipped there, as MP3: a fifth of the WAV, for listening."""
    return _sound(waveform, sample_rate, format="MP3", subtype="MPEG_LAYER_III")


def _sound(waveform: Float[np.ndarray, " t"], sample_rate: int, **form: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.clip(waveform, -1, 1), sample_rate, **form)
    return file.getvalue()


def data_uri(kind: str, content: bytes) -> str:
    """Bytes of a media type such as "image/png" as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
