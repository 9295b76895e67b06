"""Channels become one without cancelling."""

import numpy as np
import pytest
import soundfile

from cmgan_jax.media import channels
from cmgan_jax.media.sounds import decode_sound

RNG = np.random.default_rng(0)
MUSIC = RNG.normal(0, 0.1, 44100).astype(np.float32)
OTHER = RNG.normal(0, 0.1, 44100).astype(np.float32)
HISS = RNG.normal(0, 0.001, 44100).astype(np.float32)


def mixed(tmp_path, *columns):
    notes = []
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack(columns, axis=1), 22050, subtype="FLOAT")
    return decode_sound(path, 22050, notes=notes), notes


def correlation(one, other):
    return np.corrcoef(one, other)[0, 1]


@pytest.mark.parametrize("gain", [-1.0, -0.99, -0.8])
def test_an_inverted_channel_is_not_mixed_in(tmp_path, gain):
    """The mean of the two is hiss: correlation -0.04 with the music."""
    waveform, notes = mixed(tmp_path, MUSIC, gain * MUSIC + HISS)
    assert abs(correlation(waveform, MUSIC)) > 0.999
    assert len(notes) == 1 and "channel 1, the loudest" in notes[0]


def test_the_louder_of_two_is_taken(tmp_path):
    waveform, notes = mixed(tmp_path, -0.5 * MUSIC + HISS, MUSIC)
    np.testing.assert_allclose(waveform, MUSIC - MUSIC.mean(), atol=1e-6)
    assert "channel 2" in notes[0]


def test_offsets_do_not_decide(tmp_path):
    """Two equal offsets keep the mean's energy up while the music cancels."""
    waveform, notes = mixed(tmp_path, MUSIC + 0.5, -MUSIC + HISS + 0.5)
    assert abs(correlation(waveform, MUSIC)) > 0.999 and notes


@pytest.mark.parametrize(
    "columns",
    [
        (MUSIC, OTHER),
        (MUSIC, 0.1 * OTHER),
        (MUSIC, 0 * MUSIC),
        (MUSIC, MUSIC),
        (MUSIC,) * 6,
        (MUSIC, -0.3 * MUSIC + OTHER),
    ],
)
def test_other_channels_are_averaged(tmp_path, columns):
    """Two players on two sides, one silent side, five equal ones: nothing is lost."""
    waveform, notes = mixed(tmp_path, *columns)
    mean = np.mean(columns, axis=0)
    np.testing.assert_allclose(waveform, mean - mean.mean(), atol=1e-6)
    assert not notes


def test_silence_in_front_does_not_decide(tmp_path, monkeypatch):
    monkeypatch.setattr(channels, "_LOOKED_AT", 20_000)
    silence = np.zeros(200_000, np.float32)
    loud = np.concatenate([silence, MUSIC])
    waveform, notes = mixed(tmp_path, loud, -loud)
    assert abs(correlation(waveform[-44100:], MUSIC)) > 0.999 and len(notes) == 1


def test_one_way_for_a_whole_recording(tmp_path, monkeypatch):
    """Chosen anew for every block, the mix would jump where the way changes."""
    monkeypatch.setattr(channels, "_LOOKED_AT", 1000)
    left, right = np.tile(MUSIC, 10), np.tile(-MUSIC, 10)
    right[-44100:] = MUSIC
    waveform, notes = mixed(tmp_path, left, right)
    np.testing.assert_allclose(waveform, left - left.mean(), atol=1e-5)
    assert len(notes) == 1
