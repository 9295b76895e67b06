"""Silence is not turned into pictures, and is listed."""

import numpy as np
import pytest
import soundfile

RATE = 22050


@pytest.fixture
def gap(tmp_path):
    """Half a second of sound, a second of silence, half a second of sound."""
    time = np.arange(RATE // 2) / RATE
    parts = [np.sin(2800 * time), np.zeros(RATE), np.sin(5600 * time)]
    soundfile.write(tmp_path / "gap.wav", np.concatenate(parts) / 2, RATE)
    return tmp_path / "gap.wav"


def test_silent_windows_give_nothing_and_are_listed(
    s2i, gap, generate, files_in, tmp_path
):
    """The mistake: silence inside a sound becomes pictures."""
    done = generate(s2i, gap, tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"gap.png", "gap_1500.png"}
    assert done.planned[0].content.silent == ((500, 1500),)
    assert done.sources == 2


def test_stretches_of_overlapping_windows_are_joined(s2i, gap, generate, tmp_path):
    done = generate(s2i, gap, tmp_path / "out", hop_seconds=0.1)
    assert done.planned[0].content.silent == ((500, 1500),)
    assert done.sources == 16 - 6


def test_two_stretches_are_two(s2i, gap, generate, tmp_path):
    wave, _ = soundfile.read(gap)
    soundfile.write(gap, np.concatenate([wave, np.zeros(RATE // 2), wave]), RATE)
    done = generate(s2i, gap, tmp_path / "out")
    stretches = ((500, 1500), (2000, 2500), (3000, 4000))
    assert done.planned[0].content.silent == stretches


def test_a_file_of_nothing_but_silence_is_a_defect(s2i, generate, tmp_path):
    """The mistake: a file without any result and without a word."""
    soundfile.write(tmp_path / "none.wav", np.zeros(RATE), RATE)
    with pytest.raises(ValueError, match=r"none\.wav"):
        generate(s2i, tmp_path / "none.wav", tmp_path / "out")
    # Every window is constant, the whole is not.
    steps = np.repeat([0.1, 0.3], RATE // 2)
    soundfile.write(tmp_path / "none.wav", steps, RATE)
    with pytest.raises(ValueError, match=r"none\.wav: in none of its 2 windows"):
        generate(s2i, tmp_path / "none.wav", tmp_path / "out")
