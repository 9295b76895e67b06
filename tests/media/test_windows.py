"""Windows of sounds of any length: the same ones streamed and cut at once."""

import tracemalloc

import numpy as np
import pytest
import soundfile

from cmgan_jax.media import windows as windows_module
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.sounds import decode_sound, sounding
from cmgan_jax.media.windows import (
    cut_windows,
    first_window,
    loudest_window,
    windows_of,
)
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation()


def noise(seconds, *, rate=22050, level=0.1):
    return np.random.default_rng(0).normal(0, level, round(seconds * rate))


def all_of(path, hop_seconds, **options):
    blocks = list(windows_of(path, REPRESENTATION, hop_seconds, **options))
    starts, windows = zip(*blocks, strict=True)
    return np.concatenate(starts), np.concatenate(windows)


def test_windows_overlap_and_are_complete():
    waveform = np.arange(22050, dtype=np.float32)
    windows = cut_windows(waveform, REPRESENTATION, 0.1)
    assert windows.shape == (6, 11025)
    np.testing.assert_allclose(windows.mean(axis=1), 0, atol=1e-2)
    for i, window in enumerate(windows):
        expected = waveform[2205 * i :][:11025]
        np.testing.assert_allclose(window - window[0], expected - expected[0])
    assert cut_windows(waveform[:11025], REPRESENTATION, 0.1).shape == (1, 11025)
    with pytest.raises(MediaError, match=r"lasts 0\.500 s.*window of 0\.5 s") as raised:
        cut_windows(waveform[:11024], REPRESENTATION, 0.1)
    assert raised.value.kind == "shorter_than_window"
    with pytest.raises(ValueError, match="less than a sample"):
        cut_windows(waveform, REPRESENTATION, 0.00001)


@pytest.mark.parametrize("hop_seconds", [0.013, 0.1, 0.5, 0.7, 3.1])
@pytest.mark.parametrize("most", [3, 256])
def test_streamed_windows_are_those_of_the_whole(
    tmp_path, monkeypatch, hop_seconds, most
):
    """Windows over the edge of a stretch are lost or doubled by an error of one."""
    monkeypatch.setattr(windows_module, "_MOST_WINDOWS", most)
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(9.3, rate=44100) + 0.2, 44100, subtype="FLOAT")
    starts, windows = all_of(path, hop_seconds)
    expected = cut_windows(decode_sound(path, 22050), REPRESENTATION, hop_seconds)
    assert windows.shape == expected.shape
    np.testing.assert_allclose(windows, expected, atol=1e-5)
    hops = np.rint(1000 * hop_seconds * np.arange(len(expected)))
    np.testing.assert_array_equal(starts, hops)


def test_an_offset_changes_no_window(tmp_path):
    """Its step at both ends of a window put 12 to 25 dB of error into the rows."""
    waveform = noise(2)
    rows = []
    for offset in (0.0, 0.3):
        soundfile.write(tmp_path / "a.wav", waveform + offset, 22050, subtype="FLOAT")
        rows.append(all_of(tmp_path / "a.wav", 0.1)[1])
    np.testing.assert_allclose(rows[1], rows[0], atol=1e-5)


def test_memory_does_not_grow_with_length(tmp_path):
    """Whole, these ten minutes would be 53 MB, their windows 265 MB."""
    path = tmp_path / "a.flac"
    soundfile.write(path, np.tile(noise(60), 10), 22050)
    tracemalloc.start()
    try:
        count = sum(
            len(windows) for _, windows in windows_of(path, REPRESENTATION, 0.1)
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 5996
    assert peak < 50e6


def test_silence_inside_is_told_and_silence_throughout_refused(tmp_path):
    path = tmp_path / "a.wav"
    lead_in = np.zeros(round(0.6 * 22050))
    soundfile.write(path, np.concatenate([lead_in, noise(3.5)]), 22050)
    starts, windows = all_of(path, 0.1)
    np.testing.assert_array_equal(starts[~sounding(windows)], [0, 100])
    soundfile.write(path, np.zeros(44100), 22050)
    with pytest.raises(MediaError, match="in none of its 16 windows") as raised:
        all_of(path, 0.1)
    assert raised.value.kind == "silence"


def test_a_sound_shorter_than_a_window_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0.4), 22050)
    with pytest.raises(MediaError, match=r"lasts 0\.400 s") as raised:
        all_of(tmp_path / "a.wav", 0.1)
    assert raised.value.kind == "shorter_than_window"


def test_the_loudest_window_is_found_wherever_it_is(tmp_path):
    """0.6 s of lead-in silence is no reason to refuse the 3.5 s that follow."""
    waveform = np.concatenate([np.zeros(13230), noise(3.5, level=0.01)])
    waveform[44100:55125] += noise(0.5, level=0.2)
    soundfile.write(tmp_path / "a.wav", waveform, 22050, subtype="FLOAT")
    start, window = loudest_window(tmp_path / "a.wav", REPRESENTATION, 0.1)
    assert start == 2000
    expected = waveform[44100:55125]
    np.testing.assert_allclose(window, expected - expected.mean(), atol=1e-5)


def test_no_silent_window_is_chosen_and_the_length_is_told(tmp_path):
    """Hiss below the limit of silence may have more energy than a click above it."""
    hiss = np.random.default_rng(0).choice([-0.9e-4, 0.9e-4], 33075)
    waveform = np.concatenate([hiss, np.zeros(15000)])
    waveform[40000] = 1e-3
    soundfile.write(tmp_path / "a.wav", waveform, 22050, subtype="FLOAT")
    for choose in (loudest_window, first_window):
        lengths = []
        start, window = choose(tmp_path / "a.wav", REPRESENTATION, 0.1, lengths=lengths)
        assert sounding(window[np.newaxis]).all() and 1300 < start <= 1900
        assert lengths == [48075 / 22050]


def test_windows_of_a_cut_sound_come_before_the_error_or_with_a_note(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(4), 22050)
    path.write_bytes(path.read_bytes()[:-44100])
    with pytest.raises(MediaError) as raised:
        all_of(path, 0.5)
    assert raised.value.kind == "truncated"
    notes = []
    starts, _ = all_of(path, 0.5, on_damage="keep", notes=notes)
    np.testing.assert_array_equal(starts, [0, 500, 1000, 1500, 2000, 2500])
    assert "132" in notes[0]
