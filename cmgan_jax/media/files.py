"""Sound and picture files: read, checked, cut to shape and written.

Nothing that a file holds is repaired here. A file that would give a wrong example
raises MediaError, whose kind lets the data sets count the damage they met.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import librosa
import numpy as np
import soundfile
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from cmgan_jax.signals.representation import Representation

# -80 dB of full scale, three steps of a 16-bit file: what dither alone can reach.
SILENCE_PEAK = 1e-4
# SA-CMGAN's code keeps 108 x 130 pixels, the whole height of a 192 x 108 frame.
ORIGINAL_COLUMNS = (31 / 192, 161 / 192)

_UNRECOGNISED_FORMAT = 1
# libsndfile reads what is there of a file cut short, and says so only in its log:
# "data : 44100 (should be 26442)".
_SHORT_CHUNK = re.compile(r": (\d+) \(should be (\d+)\)")
# Programs that write to a pipe cannot know the length and promise about 2 or 4 GiB.
_LENGTH_UNKNOWN = 0x7FFF0000


class MediaError(ValueError):
    """A file that cannot become an example.

    Attributes:
      path: the file, as it was given.
      kind: truncated, unreadable, not_audio, not_picture, zero_length,
        shorter_than_window, non_finite, silence or permission.
      reason: what was found, and what was expected.
    """

    def __init__(self, path: str | os.PathLike, kind: str, reason: str):
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.kind = kind
        self.reason = reason

    def __reduce__(self):
        # Workers of a process pool raise this error; it must survive the way back.
        return MediaError, (self.path, self.kind, self.reason)


def decode_sound(path: str | os.PathLike, sample_rate: int) -> Float[np.ndarray, " t"]:
    """Reads any sound file of libsndfile as one channel.

    Channels are averaged; another rate is resampled with soxr's high quality.

    Args:
      path: the file.
      sample_rate: rate of the result, in Hz.

    Returns:
      Samples in [-1, 1], float32 [t].

    Raises:
      MediaError: truncated, unreadable, not_audio, zero_length, non_finite, silence
        (the whole file) or permission.
    """
    _require_bytes(path)
    try:
        # As bytes, since soundfile cannot pass on a name that is no text.
        sound = soundfile.SoundFile(os.fsencode(path))
    except soundfile.LibsndfileError as error:
        if error.code == _UNRECOGNISED_FORMAT:
            raise MediaError(
                path,
                "not_audio",
                "not a sound that libsndfile reads; expected WAV, FLAC, OGG, MP3, "
                "AIFF or another of its formats.",
            ) from error
        raise MediaError(path, "unreadable", error.error_string) from error
    with sound:
        samples = _read_all(sound, path)
        recorded_rate = sound.samplerate
    if not np.isfinite(samples).all():
        bad = np.count_nonzero(~np.isfinite(samples))
        raise MediaError(path, "non_finite", f"{bad} samples are NaN or infinite.")
    waveform = samples.mean(axis=1)
    if is_silent(waveform):
        raise MediaError(
            path, "silence", f"no sample leaves the mean by {SILENCE_PEAK:g}."
        )
    if recorded_rate != sample_rate:
        waveform = librosa.resample(
            waveform, orig_sr=recorded_rate, target_sr=sample_rate, res_type="soxr_hq"
        )
    return waveform.astype(np.float32, copy=False)


def _require_bytes(path: str | os.PathLike) -> None:
    """Lets the operating system say why a file cannot be opened; libraries hide it."""
    try:
        with open(path, "rb") as file:
            empty = not file.read(1)
    except PermissionError as error:
        raise MediaError(path, "permission", "permission to read denied.") from error
    except OSError as error:
        raise MediaError(path, "unreadable", str(error)) from error
    if empty:
        raise MediaError(path, "zero_length", "the file is empty (0 bytes).")


def _read_all(sound: soundfile.SoundFile, path: str | os.PathLike) -> np.ndarray:
    """All samples of an open sound, float32 [t c], or an error if any is missing."""
    if sound.frames == 0:
        raise MediaError(path, "zero_length", "the sound holds no samples.")
    for promised, held in _SHORT_CHUNK.findall(sound.extra_info):
        # Up to one chunk header of 8 bytes is a miscount that costs no sample.
        if int(held) + 8 < int(promised) < _LENGTH_UNKNOWN:
            raise MediaError(
                path, "truncated", f"holds {held} of the {promised} bytes promised."
            )
    try:
        samples = sound.read(dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise MediaError(
            path, "truncated", f"the sound breaks off: {error.error_string}"
        ) from error
    if len(samples) < sound.frames:
        raise MediaError(
            path, "truncated", f"holds {len(samples)} of {sound.frames} samples."
        )
    return samples


def is_silent(waveform: Float[np.ndarray, " t"]) -> bool:
    """Whether samples in [-1, 1] stay within SILENCE_PEAK of a constant."""
    return bool(np.ptp(waveform) < 2 * SILENCE_PEAK)


def cut_windows(
    waveform: Float[np.ndarray, " t"],
    representation: Representation,
    hop_seconds: float,
    *,
    path: str | os.PathLike = "the sound",
) -> Float[np.ndarray, "n w"]:
    """Cuts every complete window out of a waveform, overlapping where hops are short.

    Args:
      waveform: samples at the representation's rate, [t].
      representation: gives the window's length.
      hop_seconds: time between the starts of neighbouring windows, in seconds.
      path: where the waveform came from, for the error.

    Returns:
      The windows, a read-only view [n w]; window i starts at i * hop_seconds.

    Raises:
      MediaError: shorter_than_window, not one window fits.
    """
    length = representation.window_samples
    if len(waveform) < length:
        found = len(waveform) / representation.sample_rate
        raise MediaError(
            path,
            "shorter_than_window",
            f"lasts {found:.3f} s, less than one window of "
            f"{representation.window_seconds} s.",
        )
    hop = round(hop_seconds * representation.sample_rate)
    return np.lib.stride_tricks.sliding_window_view(waveform, length)[::hop]


def decode_picture(
    path: str | os.PathLike, *, at_least: int | None = None
) -> UInt8[np.ndarray, "h w 3"]:
    """Reads any picture of Pillow as a person would see it.

    Turned upright by its EXIF orientation; transparency laid over white; grey, palette,
    CMYK and 16-bit pictures become 8-bit RGB; of an animation, the first frame.

    Args:
      path: the file.
      at_least: a JPEG larger than this, in pixels of its shorter side, may be decoded
        at a half, quarter or eighth of its size, which is several times as fast.

    Returns:
      The picture, uint8 [h w 3].

    Raises:
      MediaError: truncated, unreadable, not_picture, zero_length, non_finite or
        permission.
    """
    _require_bytes(path)
    with _picture_errors(path), Image.open(path) as picture:
        if at_least is not None:
            picture.draft(None, (at_least, at_least))
        picture.load()
        return np.asarray(_to_rgb(ImageOps.exif_transpose(picture), path))


@contextmanager
def _picture_errors(path: str | os.PathLike) -> Iterator[None]:
    """Turns what Pillow raises over a file into a MediaError."""
    try:
        yield
    except MediaError:
        raise
    except UnidentifiedImageError as error:
        raise MediaError(
            path,
            "not_picture",
            "not a picture that Pillow reads; expected JPEG, PNG, WebP, TIFF or "
            "another of its formats.",
        ) from error
    except Exception as error:
        # Pillow's decoders raise whatever their parsing of damaged bytes meets:
        # OSError, SyntaxError, struct.error, zlib.error, IndexError and others.
        cut = "truncated" in str(error).lower()
        kind = "truncated" if cut else "unreadable"
        raise MediaError(path, kind, f"{error}.") from error


def _to_rgb(picture: Image.Image, path: str | os.PathLike) -> Image.Image:
    if picture.mode.startswith("I") or picture.mode == "F":
        return Image.fromarray(_to_8_bits(np.asarray(picture), path)).convert("RGB")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def _to_8_bits(grey: np.ndarray, path: str | os.PathLike) -> np.ndarray:
    """Grey of more than 8 bits to uint8; Pillow's own conversion clips it at 255."""
    if not np.isfinite(grey).all():
        raise MediaError(path, "non_finite", "has pixels that are NaN or infinite.")
    brightest = 65535.0
    if np.issubdtype(grey.dtype, np.floating):
        brightest = 1.0 if grey.max() <= 1.0 else 255.0
    return np.clip(np.rint(grey * (255.0 / brightest)), 0, 255).astype(np.uint8)


def squeeze(
    picture: UInt8[np.ndarray, "h w 3"], size: int
) -> UInt8[np.ndarray, "s s 3"]:
    """The whole picture at size x size pixels, whatever its shape, without aliasing.

    Right by itself for pictures of sound, whose edges mean something.
    """
    resized = Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def crop_and_resize(
    picture: UInt8[np.ndarray, "h w 3"], representation: Representation
) -> UInt8[np.ndarray, "s s 3"]:
    """Crops a picture as the representation says and shrinks it without aliasing.

    "centre" keeps the largest centred square. "original" takes the picture for a frame
    of 192 x 108, keeps its middle 130 columns and squeezes them to a square.

    Args:
      picture: uint8 [h w 3].
      representation: gives image_size and image_crop.

    Returns:
      uint8 [image_size image_size 3].
    """
    height, width = picture.shape[:2]
    if representation.image_crop == "original":
        left, right = (round(share * width) for share in ORIGINAL_COLUMNS)
        return squeeze(picture[:, left:right], representation.image_size)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    return squeeze(square, representation.image_size)


def write_wav(
    path: str | os.PathLike, waveform: Float[np.ndarray, " t"], sample_rate: int
) -> None:
    """Writes samples in [-1, 1], clipped there, as a mono 16-bit WAV."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Opened here, since soundfile cannot pass on a name that is no text.
    with open(path, "wb") as file:
        soundfile.write(
            file, np.clip(waveform, -1, 1), sample_rate, format="WAV", subtype="PCM_16"
        )


def write_picture(path: str | os.PathLike, picture: UInt8[np.ndarray, "h w c"]) -> None:
    """Writes uint8 [h w 1] or [h w 3] in the format of the path's extension."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(path)
