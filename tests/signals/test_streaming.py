"""A long waveform, block after block: no seam is heard, silence is silent."""

import jax
import numpy as np
import pytest

from cmgan_jax.media.log_mel import filter_bank
from cmgan_jax.signals.representation import Representation
from cmgan_jax.signals.streaming import stream_waveform

REPRESENTATION = Representation()
HOP, RATE = REPRESENTATION.hop_length, REPRESENTATION.sample_rate
BANK = filter_bank(REPRESENTATION)
SECONDS = 11
FRAMES = SECONDS * RATE // HOP
PITCH = 1000.0


@pytest.fixture(scope="module")
def powers():
    """A steady tone with a second of silence in it, [t m]."""
    window = np.hanning(REPRESENTATION.n_fft + 1)[:-1]
    tone = np.sin(2 * np.pi * PITCH * np.arange(REPRESENTATION.n_fft) / RATE)
    bands = BANK @ np.abs(np.fft.rfft(tone * window)) ** 2
    held = np.tile((bands / bands.sum()).astype(np.float32), (FRAMES, 1))
    held[5 * RATE // HOP : 6 * RATE // HOP] = 0
    return held


def waveform(powers, sizes):
    pieces = np.split(powers, np.cumsum(sizes))
    blocks = stream_waveform(
        pieces,
        filter_bank=BANK,
        representation=REPRESENTATION,
        key=jax.random.key(0),
    )
    return np.concatenate(list(blocks))


@pytest.fixture(scope="module")
def streamed(powers):
    return waveform(powers, [100, 1, 700])


def test_it_lasts_as_long_as_its_frames_however_they_come(powers, streamed):
    """The mistake: what a block is depends on how many frames come at a time."""
    assert len(streamed) == FRAMES * HOP
    np.testing.assert_array_equal(streamed, waveform(powers, [FRAMES - 5]))


def test_silence_is_silent_and_sound_begins_and_ends_softly(streamed):
    """The mistakes: the spectrogram's floor hisses; a gap begins with a click."""
    assert not streamed[round(5.01 * RATE) : round(5.99 * RATE)].any()
    level = np.abs(streamed[RATE : 2 * RATE]).max()
    for edge in (0, 5 * RATE, 6 * RATE):
        near = streamed[max(edge - 400, 0) : edge + 400]
        assert np.abs(np.diff(near)).max() < level / 2


def flux(wave):
    """How much the spectrum gains every 5 ms, relative to what there is."""
    window = np.hanning(512)
    framed = np.lib.stride_tricks.sliding_window_view(wave, 512)[::110] * window
    spectra = np.abs(np.fft.rfft(framed))
    gained = np.maximum(np.diff(spectra, axis=0), 0).sum(axis=1)
    return gained / spectra[1:].sum(axis=1)


def test_a_steady_tone_goes_on_over_the_seams(streamed):
    """The mistake: every block finds a phase of its own."""
    steady = [streamed[a * RATE : b * RATE] for a, b in ((1, 4), (7, 10))]
    # Blocks are about 3.8 s long: a seam lies in each of these.
    for part in steady:
        assert flux(part).max() < 0.05
        loudness = np.abs(part).reshape(-1, RATE // 50).max(axis=1)
        assert loudness.min() > 0.95 * loudness.max()
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert abs(spectrum.argmax() / 3 - PITCH) < 1
