"""Sounds to stored arrays: bands, levels, pictures."""

import librosa
import numpy as np
import pytest

from cmgan_jax.media.log_mel import encode_windows, filter_bank
from cmgan_jax.signals.representation import Representation, to_uint8

LOG_MEL = Representation()
COLOURED = Representation(
    sound="coloured",
    sample_rate=44100,
    n_fft=2048,
    hop_length=512,
    n_mels=128,
    fmin=0.0,
    fmax=22050.0,
    colormap="jet",
)


def sine(hertz: float, representation: Representation, *, level: float = 0.5):
    times = np.arange(representation.window_samples) / representation.sample_rate
    return (level * np.sin(2 * np.pi * hertz * times)).astype(np.float32)[np.newaxis]


@pytest.mark.parametrize("hertz", [220.0, 1000.0, 4000.0])
def test_a_sine_peaks_in_its_band(hertz):
    sounds = encode_windows(sine(hertz, LOG_MEL), LOG_MEL)
    assert sounds.shape == (1, 64, 64, 1) and sounds.dtype == np.uint8
    weights = filter_bank(LOG_MEL)
    frequencies = np.linspace(0, LOG_MEL.sample_rate / 2, 1 + LOG_MEL.n_fft // 2)
    centres = weights @ frequencies / weights.sum(axis=1)
    loudest = sounds[0, :, 32, 0].argmax()
    assert abs(loudest - np.abs(centres - hertz).argmin()) <= 1
    assert (np.diff(centres) > 0).all()


def test_every_pixel_is_the_filter_bank_of_librosas_spectrum():
    """The bank that sounds are inverted by is the one they were encoded by."""
    noise = np.random.default_rng(0).normal(0, 0.1, (6, LOG_MEL.window_samples))
    spectra = librosa.stft(noise.astype(np.float32), n_fft=1024, hop_length=175)
    power = filter_bank(LOG_MEL) @ np.abs(spectra) ** 2
    decibels = [librosa.power_to_db(window, ref=np.max, top_db=80) for window in power]
    expected = to_uint8(np.stack(decibels) / 80 * 2 + 1)
    stored = encode_windows(noise, LOG_MEL)[..., 0]
    apart = np.abs(stored.astype(int) - expected)
    # Another order of sums may carry a value over the edge of a rounding.
    assert apart.max() <= 1 and np.mean(apart > 0) < 1e-3


def test_filter_bank_inverts_the_shape():
    assert filter_bank(LOG_MEL).shape == (64, 513)
    assert (filter_bank(LOG_MEL).sum(axis=1) > 0).all()


def test_values_are_decibels_below_the_windows_maximum():
    chord = sine(500, LOG_MEL) + sine(3000, LOG_MEL, level=0.01)
    decibels = (encode_windows(chord, LOG_MEL)[0, :, :, 0] / 255.0 - 1) * 80
    power = librosa.feature.melspectrogram(
        y=chord[0], sr=22050, n_fft=1024, hop_length=175, n_mels=64, fmin=40, fmax=11025
    )
    expected = librosa.power_to_db(power, ref=np.max, top_db=80)
    assert decibels.max() == 0 and decibels.min() == -80
    # Half a step of 80 dB in 255, and the floor of power_to_db.
    np.testing.assert_allclose(decibels, expected, atol=0.16)


def test_loudness_of_a_window_and_of_its_neighbours_does_not_matter():
    loud, quiet = sine(700, LOG_MEL), sine(700, LOG_MEL, level=5e-4)
    both = encode_windows(np.concatenate([loud, quiet]), LOG_MEL).astype(int)
    assert np.abs(both[0] - both[1]).max() <= 1
    alone = encode_windows(quiet, LOG_MEL)
    np.testing.assert_array_equal(alone[0], both[1])


def test_silence_is_the_floor():
    silence = np.zeros((1, LOG_MEL.window_samples), np.float32)
    assert encode_windows(silence, LOG_MEL).max() == 0


def test_coloured_pictures_have_low_frequencies_at_the_bottom():
    picture = encode_windows(sine(300, COLOURED), COLOURED)[0].astype(int)
    assert picture.shape == (64, 64, 3)
    redness = (picture[..., 0] - picture[..., 2]).mean(axis=1)
    assert redness.argmax() > 50
    # No margins: the corner far from the tone has the map's lowest colour.
    assert picture[0, 32, 0] < 20 and 100 < picture[0, 32, 2] < 150


def test_other_lengths_and_pictures_are_refused():
    with pytest.raises(ValueError, match=r"expected \[n, 11025\]: 0.5 s at 22050 Hz"):
        encode_windows(np.zeros((1, 11024), np.float32), LOG_MEL)
    with pytest.raises(ValueError, match="cannot be encoded"):
        windows = np.zeros((1, 11025), np.float32)
        encode_windows(windows, Representation(sound="pictures"))
