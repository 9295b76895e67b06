"""Windows that overlap become one spectrogram; a cut lets nothing through."""

import numpy as np
import pytest

from cmgan_jax.signals.joining import PlacedWindow, join_windows
from cmgan_jax.signals.representation import Representation

SMALL = Representation(image_size=16, n_mels=16, hop_length=735, n_fft=2048)


def window(frame, band, *, level=255, cut=False):
    """One band throughout."""
    sound = np.zeros((SMALL.n_mels, SMALL.frames, 1), np.uint8)
    sound[band] = level
    return PlacedWindow(frame, sound, cut)


def joined(*windows):
    return np.concatenate(list(join_windows(windows, SMALL)))


def test_windows_of_one_sound_are_that_sound_at_one_level():
    """The mistake: where more windows lie over a frame it is louder, or quieter."""
    found = joined(*(window(frame, 3) for frame in range(0, 40, 4)))
    assert found.shape == (36 + SMALL.frames, SMALL.n_mels)
    np.testing.assert_allclose(found[:, 3], 1.0, rtol=1e-6)
    assert not np.delete(found, 3, axis=1).any()


def test_windows_are_equally_loud_whatever_their_levels():
    """The mistake: a window of one quiet band is as quiet as it says."""
    found = joined(window(0, 3, level=100), window(8, 3), window(16, 3, level=30))
    np.testing.assert_allclose(found[:, 3], 1.0, rtol=1e-6)


def test_sound_goes_over_from_window_to_window():
    found = joined(window(0, 3), window(8, 5))
    fading, rising = found[8 : SMALL.frames, 3], found[8 : SMALL.frames, 5]
    assert (np.diff(fading) < 0).all() and (np.diff(rising) > 0).all()


def test_nothing_is_heard_beyond_a_cut():
    """The mistake: windows overlap from scene to scene."""
    found = joined(window(0, 3), window(4, 3), window(6, 5, cut=True))
    assert found[:6, 3].all() and not found[6:, 3].any()
    np.testing.assert_allclose(found[6:, 5], 1.0, rtol=1e-6)


def test_silence_stays_silent():
    """The mistake: a silent window is as if it were not there."""
    found = joined(window(0, 3), PlacedWindow(SMALL.frames, None), window(32, 3))
    assert not found[SMALL.frames : 32].any()


@pytest.mark.parametrize("frame", [21, 3])
def test_windows_with_gaps_or_out_of_order_are_refused(frame):
    with pytest.raises(ValueError, match=f"begins at frame {frame}"):
        joined(window(0, 3), window(4, 3), window(frame, 3))
