"""Sound files are read to their end, as one channel; damage is named or kept."""

import numpy as np
import pytest
import soundfile

from cmgan_jax.media import sounds
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.sound_writing import write_wav
from cmgan_jax.media.sounds import decode_sound, sound_blocks


def sine(frequency, *, rate, seconds=0.5):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def kind_of(path, **options):
    with pytest.raises(MediaError, match=path.name) as raised:
        decode_sound(path, 22050, **options)
    return raised.value.kind


def cut_off(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_every_format_is_read_as_mono_at_the_rate(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    stereo = np.stack([sine(1000, rate=44100), np.zeros(22050)], axis=1)
    soundfile.write(path, stereo, 44100)
    waveform = decode_sound(path, 22050)
    assert waveform.dtype == np.float32
    assert waveform.shape == (11025,)
    spectrum = np.abs(np.fft.rfft(waveform))
    assert np.argmax(spectrum) == 500
    assert np.abs(waveform).max() == pytest.approx(0.25, abs=0.05)


def test_resampling_leaves_nothing_above_half_the_rate(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(15000, rate=44100, seconds=1), 44100)
    waveform = decode_sound(tmp_path / "a.wav", 22050)
    assert np.abs(waveform[1000:-1000]).max() < 1e-3


def test_written_sound_comes_back(tmp_path):
    waveform = sine(440, rate=22050).astype(np.float32)
    write_wav(tmp_path / "deep" / "a.wav", 2 * waveform, 22050)
    read = decode_sound(tmp_path / "deep" / "a.wav", 22050)
    np.testing.assert_allclose(read, np.clip(2 * waveform, -1, 1), atol=1e-4)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "w64", "ogg", "mp3"])
def test_truncated_sound(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.normal(0, 0.1, 88200), 22050)
    cut_off(path, 0.6)
    assert kind_of(path) == "truncated"
    notes = []
    kept = decode_sound(path, 22050, on_damage="keep", notes=notes)
    assert 0.4 * 88200 < len(kept) < 0.65 * 88200
    assert "truncated" in notes[0] and "is used" in notes[0]


@pytest.mark.parametrize(
    ("samples", "kind"),
    [
        (np.full(100, np.nan), "non_finite"),
        (np.array([0, 0.5, np.inf, 0]), "non_finite"),
        (np.zeros(20000), "silence"),
        (np.full(20000, 0.3), "silence"),
        (np.zeros(0), "zero_length"),
    ],
)
def test_sound_that_is_no_sound(tmp_path, samples, kind):
    soundfile.write(tmp_path / "a.wav", samples, 22050, subtype="FLOAT")
    assert kind_of(tmp_path / "a.wav") == kind


def test_unknown_ways_with_damage_are_listed(tmp_path):
    with pytest.raises(ValueError, match="known: refuse, keep"):
        decode_sound(tmp_path / "a.wav", 22050, on_damage="drop")


def test_an_offset_is_removed(tmp_path):
    tone = sine(440, rate=22050).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", tone + 0.3, 22050, subtype="FLOAT")
    np.testing.assert_allclose(decode_sound(tmp_path / "a.wav", 22050), tone, atol=1e-3)


@pytest.mark.parametrize("rate", [1, 999, 768_001])
def test_rates_that_nothing_has_are_refused(tmp_path, rate):
    """44 kB at 1 Hz would be resampled to gigabytes."""
    noise = np.random.default_rng(0).normal(0, 0.1, 22050)
    soundfile.write(tmp_path / "a.wav", noise, rate)
    assert kind_of(tmp_path / "a.wav") == "out_of_limits"


def test_more_channels_than_anything_has_are_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.ones((9, 65)), 22050)
    assert kind_of(tmp_path / "a.wav") == "out_of_limits"


def test_at_once_only_up_to_half_an_hour(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.flac", sine(440, rate=8000, seconds=3), 8000)
    monkeypatch.setattr(sounds, "LONGEST_AT_ONCE", 2)
    assert kind_of(tmp_path / "a.flac") == "out_of_limits"


def test_a_stream_has_a_limit_too(tmp_path, monkeypatch):
    """A few bytes of FLAC can hold days of silence."""
    soundfile.write(tmp_path / "a.flac", sine(440, rate=8000, seconds=30), 8000)
    monkeypatch.setattr(sounds, "LONGEST_HOURS", 20 / 3600)
    assert kind_of(tmp_path / "a.flac") == "out_of_limits"


@pytest.mark.parametrize("rate", [8000, 22050, 44056, 48000])
def test_resampled_in_blocks_is_resampled_at_once(tmp_path, rate):
    """A resampler begun anew with every block clicks at each of their edges."""
    import soxr

    noise = np.random.default_rng(0).normal(0, 0.1, 5 * rate).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, rate, subtype="FLOAT")
    blocks = list(sound_blocks(tmp_path / "a.wav", 22050))
    assert len(blocks) > 1 or rate == 8000
    streamed = np.concatenate(blocks)
    at_once = soxr.resample(noise, rate, 22050, quality="HQ")
    assert abs(len(streamed) - len(at_once)) <= 1
    n = min(len(streamed), len(at_once)) - 1
    np.testing.assert_allclose(streamed[:n], at_once[:n], atol=1e-5)


@pytest.mark.parametrize("name", ["take.raw", "take.PCM"])
def test_headerless_samples_come_with_a_way_out(tmp_path, name):
    """libsndfile's binding takes .raw by its name and asks for a rate: TypeError."""
    noise = np.random.default_rng(0).integers(-3000, 3000, 22050, dtype=np.int16)
    (tmp_path / name).write_bytes(noise.tobytes())
    with pytest.raises(MediaError, match="ffmpeg -f s16le") as raised:
        decode_sound(tmp_path / name, 22050)
    assert raised.value.kind == "not_audio"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><body>404 Not Found</body></html>" * 9, "web page"),
        (b"\x00\x05\x16\x07" + bytes(200), "AppleDouble"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"MThd\0\0\0\6" + bytes(90), "MIDI"),
        (b"PK\3\4" + bytes(90), "zip archive"),
        (b"not a recording\n" * 50, "export it as WAV"),
    ],
)
def test_what_is_no_sound_is_called_what_it_is(tmp_path, content, said):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(MediaError, match=said) as raised:
        decode_sound(tmp_path / "a.wav", 22050)
    assert raised.value.kind == "not_audio"


def test_suffixes_are_not_believed(tmp_path):
    soundfile.write(tmp_path / "a.wav", sine(440, rate=22050), 22050)
    (tmp_path / "a.wav").rename(tmp_path / "a.mp3")
    assert len(decode_sound(tmp_path / "a.mp3", 22050)) == 11025
