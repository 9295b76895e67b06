"""Coloured pictures back to log-mel spectrograms."""

import numpy as np
import pytest
from matplotlib import colormaps

from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.signals.colour import log_mel_of_pictures
from cmgan_jax.signals.representation import Representation, to_unit

COLOURED = Representation(sound="coloured", colormap="jet")
COLOURS = colormaps["jet"](np.arange(256), bytes=True)[:, :3]


def test_coloured_picture_holds_the_upper_half_of_the_log_mel():
    time = np.arange(COLOURED.window_samples) / COLOURED.sample_rate
    tone = sum(np.sin(2 * np.pi * 440 * k * time + k) / k for k in range(1, 9))
    windows = (tone * np.exp(-4 * time))[None].astype(np.float32)
    plain = to_unit(encode_windows(windows, Representation())[..., 0])
    pictures = encode_windows(windows, COLOURED)
    found = log_mel_of_pictures(pictures, colours=COLOURS, representation=COLOURED)
    assert found.shape == plain.shape
    kept = plain > 0.01
    assert kept.any() and not kept.all()
    # One level of the map and one of uint8: together under 1 % of the range.
    np.testing.assert_allclose(found[kept], plain[kept], atol=0.02)
    assert (found[plain < -0.01] == -1).all()


def test_pictures_of_another_size_are_resized():
    representation = Representation(
        sound="coloured", colormap="jet", n_mels=32, hop_length=350
    )
    rows = np.repeat(COLOURS[::4][::-1, None], 64, axis=1)[None]
    found = log_mel_of_pictures(rows, colours=COLOURS, representation=representation)
    assert found.shape == (1, 32, representation.frames)
    assert (np.diff(found[0, :, 0]) > 0).all()


def test_only_coloured_sounds_have_a_known_scale():
    with pytest.raises(ValueError, match="only 'coloured' pictures"):
        log_mel_of_pictures(
            np.zeros((1, 64, 64, 3), np.uint8),
            colours=COLOURS,
            representation=Representation(),
        )
