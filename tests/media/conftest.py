"""Pictures that the tests of pictures and of their colours write in many formats."""

import numpy as np
import pytest


def _noise_picture(height=40, width=60, *, channels=3):
    shape = (height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _smooth_picture(height=40, width=60):
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (255 * np.stack([down, right, 1 - down * right], -1)).astype(np.uint8)


@pytest.fixture
def noise_picture():
    """(height, width, channels=...) -> random pixels, uint8 [h w c]."""
    return _noise_picture


@pytest.fixture
def smooth_picture():
    """(height, width) -> no two corners alike, and JPEG changes little of it."""
    return _smooth_picture
