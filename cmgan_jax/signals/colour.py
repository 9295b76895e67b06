"""Colour-mapped picture of a spectrogram to log-mel spectrogram, ready to invert."""

import numpy as np
import scipy.ndimage
import scipy.spatial
from jaxtyping import Float32, UInt8

from cmgan_jax.signals.representation import Representation


def log_mel_of_pictures(
    pictures: UInt8[np.ndarray, "b h w 3"],
    *,
    colours: UInt8[np.ndarray, "k 3"],
    representation: Representation,
) -> Float32[np.ndarray, "b m t"]:
    """Reads "coloured" sounds back as log-mel spectrograms.

    Every pixel counts as the nearest colour of the map. These pictures span top_db / 2
    of sound, because their authors took 20 log10 of a power; what lies deeper is lost.

    Args:
      pictures: uint8 [b h w 3], as seen: low frequencies at the bottom.
      colours: the colour map from its lowest value to its highest, [k 3].
      representation: gives the result's size; of sound="coloured".

    Returns:
      float32 [b n_mels frames], row 0 the lowest band, as `invert` takes it: 1 is the
      window's maximum, 0 is top_db / 2 below it, and -1 stands for anything deeper.

    Raises:
      ValueError: the representation's sound is not "coloured".
    """
    if representation.sound != "coloured":
        raise ValueError(
            f"sound={representation.sound!r}: only 'coloured' pictures have a known "
            "scale. Prepare the data with sound='coloured'."
        )
    _, nearest = scipy.spatial.cKDTree(colours).query(pictures[:, ::-1])
    levels = nearest / (len(colours) - 1)
    shape = (len(pictures), representation.n_mels, representation.frames)
    factors = np.divide(shape, levels.shape)
    levels = scipy.ndimage.zoom(
        levels, factors, order=1, mode="nearest", grid_mode=True
    )
    darkest = 0.5 / (len(colours) - 1)
    return np.where(levels < darkest, -1.0, levels).astype(np.float32)
