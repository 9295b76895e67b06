"""Spectrograms back to sound: pitch, error of the round trip, batches, bad shapes."""

import jax
import numpy as np
import pytest

from cmgan_jax.media.log_mel import encode_windows, filter_bank
from cmgan_jax.media.sounds import decode_sound
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.representation import Representation, to_unit
from cmgan_jax.signals.stft import istft, stft

REPRESENTATION = Representation()
RATE = REPRESENTATION.sample_rate
TIME = np.arange(REPRESENTATION.window_samples) / RATE
SINES = (220.0, 443.0, 1000.0, 3100.0)


def synthetic_windows():
    """Four sines, a harmonic tone, a decaying tone, noise, and silence."""
    rng = np.random.default_rng(0)
    sines = [np.sin(2 * np.pi * pitch * TIME) for pitch in SINES]
    overtones = range(1, 13)
    tone = sum(np.sin(2 * np.pi * 196 * k * TIME + k) / k for k in overtones)
    plucked = tone * np.exp(-6 * TIME)
    noise = rng.normal(size=TIME.size)
    windows = np.stack([*sines, tone, plucked, noise, np.zeros_like(TIME)])
    return windows.astype(np.float32)


def inverted(sounds):
    """Stored sounds [b m t 1] to waveforms [b w]."""
    return np.asarray(
        invert(
            to_unit(sounds[..., 0]),
            filter_bank=filter_bank(REPRESENTATION),
            representation=REPRESENTATION,
            key=jax.random.key(0),
        )
    )


def rms_db(before, after):
    """Error between stored sounds, of every item in dB."""
    error = (after.astype(np.float64) - before) * (REPRESENTATION.top_db / 255)
    return np.sqrt((error**2).mean(axis=(1, 2, 3)))


@pytest.fixture(scope="module")
def sounds():
    return encode_windows(synthetic_windows(), REPRESENTATION)


@pytest.fixture(scope="module")
def waveforms(sounds):
    return inverted(sounds)


def test_sines_keep_their_pitch(waveforms):
    hann = np.hanning(TIME.size)
    spectra = np.abs(np.fft.rfft(waveforms[: len(SINES)] * hann, 2**17))
    found = spectra.argmax(axis=1) * RATE / 2**17
    assert np.abs(1200 * np.log2(found / SINES)).max() < 10


def test_round_trip_error(sounds, waveforms):
    errors = rms_db(sounds, encode_windows(waveforms, REPRESENTATION))
    assert errors.mean() < 2.0
    assert errors.max() < 5.0


def test_peak_is_one_and_silence_stays_silent(waveforms):
    np.testing.assert_allclose(np.abs(waveforms[:-1]).max(axis=1), 1.0, rtol=1e-6)
    assert not waveforms[-1].any()


def test_an_item_does_not_depend_on_its_batch(sounds, waveforms):
    # Iterating enlarges rounding errors, which differ between batch sizes.
    np.testing.assert_allclose(inverted(sounds[5:6])[0], waveforms[5], atol=1e-2)


def test_any_numbers_of_a_network_give_finite_sound():
    # The batch size of the other tests, so that nothing compiles anew.
    numbers = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 1), np.uint8)
    assert np.isfinite(inverted(numbers)).all()


@pytest.mark.parametrize("hop, n_fft", [(175, 1024), (256, 1024), (100, 512)])
def test_istft_undoes_stft(hop, n_fft):
    representation = Representation(hop_length=hop, n_fft=n_fft)
    windows = np.random.default_rng(0).normal(size=(2, TIME.size)).astype(np.float32)
    spectrum = stft(windows, representation)
    assert spectrum.shape == (2, representation.frames, n_fft // 2 + 1)
    # The last samples may lie under the thin end of the last frame only.
    inner = slice(0, (representation.frames - 1) * hop)
    found = istft(spectrum, representation)
    np.testing.assert_allclose(found[:, inner], windows[:, inner], atol=1e-3)


def test_wrong_shapes_are_named(sounds):
    bank = filter_bank(REPRESENTATION)
    known = {"representation": REPRESENTATION, "key": jax.random.key(0)}
    unit = to_unit(sounds[..., 0])
    with pytest.raises(ValueError, match=r"log_mel has shape \[8, 64, 63\]"):
        invert(unit[..., 1:], filter_bank=bank, **known)
    with pytest.raises(ValueError, match=r"filter_bank has shape \[64, 512\]"):
        invert(unit, filter_bank=bank[:, 1:], **known)


def test_real_recordings(shared_data):
    folder = shared_data / "real_instruments" / "audio" / "validation"
    if not folder.is_dir():
        pytest.skip(f"no recordings in {folder}")
    length = REPRESENTATION.window_samples
    classes = sorted(path for path in folder.iterdir() if path.is_dir())[:8]
    recordings = [min(path.glob("*.flac")) for path in classes]
    windows = np.stack([decode_sound(path, RATE)[:length] for path in recordings])
    sounds = encode_windows(windows, REPRESENTATION)
    errors = rms_db(sounds, encode_windows(inverted(sounds), REPRESENTATION))
    assert errors.mean() < 2.0
