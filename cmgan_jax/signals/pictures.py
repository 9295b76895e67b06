"""Arrays of either modality as pictures for people."""

import matplotlib
import numpy as np
from jaxtyping import UInt8

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


def as_picture(array: UInt8[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w 3"]:
    """An image as it is, a log-mel spectrogram coloured and upright."""
    return spectrogram_picture(array) if array.shape[-1] == 1 else array
