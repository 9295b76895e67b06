"""Windows of sound to the arrays that are stored: log-mel rows or coloured pictures."""

import librosa
import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from cmgan_jax.signals.representation import Representation, to_uint8


def encode_windows(
    windows: Float[np.ndarray, "n t"], representation: Representation
) -> UInt8[np.ndarray, "n h w c"]:
    """The sound array of every window, as the representation says.

    Args:
      windows: samples at the representation's sample rate, [n, window_samples].
      representation: "log_mel" or "coloured"; "pictures" are made by somebody else.

    Returns:
      uint8 [n, *representation.sound_shape]. For log_mel, row 0 is the lowest band and
      0..255 is [-top_db, 0] dB relative to the window's loudest point; all 0 for
      silence. For coloured, a picture as it is seen, low frequencies at the bottom.

    Raises:
      ValueError: windows of another length, or sound="pictures".
    """
    windows = np.asarray(windows, np.float32)
    if windows.ndim != 2 or windows.shape[1] != representation.window_samples:
        raise ValueError(
            f"windows have shape {list(windows.shape)}; expected [n, "
            f"{representation.window_samples}]: {representation.window_seconds} s at "
            f"{representation.sample_rate} Hz."
        )
    if representation.sound == "pictures":
        raise ValueError(
            'sound="pictures" reads spectrogram pictures; sounds cannot be encoded '
            'with it. Use sound="log_mel" or "coloured".'
        )
    if len(windows) == 0:
        return np.empty((0, *representation.sound_shape), np.uint8)
    power = librosa.feature.melspectrogram(
        y=windows,
        sr=representation.sample_rate,
        n_fft=representation.n_fft,
        hop_length=representation.hop_length,
        n_mels=representation.n_mels,
        fmin=representation.fmin,
        fmax=representation.fmax,
        center=True,
        power=2.0,
    )
    if representation.sound == "coloured":
        return _coloured(power, representation)
    top_db = representation.top_db
    decibels = _decibels(power, top_db)
    return to_uint8(decibels / top_db * 2.0 + 1.0)[..., np.newaxis]


def filter_bank(
    representation: Representation,
) -> Float32[np.ndarray, "m f"]:
    """The mel filter bank that `encode_windows` applies to power spectra.

    Returns:
      float32 [n_mels, 1 + n_fft // 2], Slaney's scale and area normalisation; row 0 is
      the lowest band.
    """
    return librosa.filters.mel(
        sr=representation.sample_rate,
        n_fft=representation.n_fft,
        n_mels=representation.n_mels,
        fmin=representation.fmin,
        fmax=representation.fmax,
    ).astype(np.float32)


def _decibels(power: np.ndarray, top_db: float) -> np.ndarray:
    """Power [n m t] to dB in [-top_db, 0] relative to each window's maximum."""
    loudest = power.max(axis=(1, 2), keepdims=True)
    relative = power / np.where(loudest > 0, loudest, 1)
    # `ref=np.max` would take the maximum over all windows of the batch.
    decibels = librosa.power_to_db(relative, ref=1.0, amin=1e-30, top_db=None)
    return np.clip(decibels, -top_db, 0)


def _coloured(
    power: np.ndarray, representation: Representation
) -> UInt8[np.ndarray, "n h w 3"]:
    """The authors' picture: dB of a power taken for an amplitude, colour-mapped.

    Taking 20 log10 of a power doubles every dB, so their floor of 80 dB is 40 dB of
    sound (wav2spectrogram.py of SA-CMGAN's authors). Their white margins are left out.
    """
    # Only this kind of sound needs matplotlib, which workers load slowly.
    from matplotlib import colormaps

    top_db = representation.top_db
    doubled = 2.0 * _decibels(power, top_db / 2.0)
    size = (representation.image_size, representation.image_size)
    colours = colormaps[representation.colormap](doubled / top_db + 1.0, bytes=True)
    pictures = [
        Image.fromarray(np.ascontiguousarray(rows[::-1, :, :3])).resize(
            size, Image.Resampling.BILINEAR
        )
        for rows in colours
    ]
    return np.stack([np.asarray(picture) for picture in pictures])
