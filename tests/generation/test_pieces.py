"""Whole recordings become films, and films get soundtracks."""

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.generation import film_of_recording, soundtrack
from cmgan_jax.generation.levelling import HIGHEST_PEAK, LEVEL_RMS, levelled
from cmgan_jax.generation.pieces import PieceSettings

RATE = 22050


@pytest.fixture
def recording(tmp_path):
    """Two seconds of sound, two of silence, one and a bit of sound; two channels."""
    time = np.arange(RATE) / RATE
    tone = 0.5 * np.sin(2800 * time)
    parts = [tone, tone, 0 * time, 0 * time, tone, tone[: RATE // 8]]
    wave = np.concatenate(parts)
    path = tmp_path / "in" / "solo.wav"
    path.parent.mkdir()
    soundfile.write(path, np.stack([wave, 0.5 * wave], axis=1), RATE)
    return path


@pytest.fixture
def frames(tmp_path):
    """Twelve seconds at five a second: a scene, black, the scene again, another."""
    folder = tmp_path / "frames"
    folder.mkdir()
    scenes = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    for number in range(60):
        picture = scenes[number // 45] * (not 15 <= number < 30)
        path = folder / f"{number:03d}.png"
        Image.fromarray(picture).resize((48, 48), Image.Resampling.NEAREST).save(path)
    return folder


def levels(film):
    with av.open(str(film)) as opened:
        return [
            int(frame.to_ndarray(format="rgb24").max())
            for frame in opened.decode(video=0)
        ]


def test_a_recording_becomes_a_film_that_is_black_in_silence(
    s2i, recording, generate, files_in, tmp_path
):
    """The mistakes: silence paints a player; the film ends half a second early."""
    made = generate(s2i, recording, tmp_path / "out", whole=None)
    assert (made.results, made.sources) == (1, 1)
    assert set(files_in(tmp_path / "out")) == {"solo.mp4", "solo.png"}
    shown = levels(tmp_path / "out" / "solo.mp4")
    # 5.125 s of sound, a picture every 0.1 s; windows from 2.0 to 3.5 s are silent.
    assert len(shown) == 52
    assert max(shown[20:36]) < 8 and min(shown[:19] + shown[37:]) > 60
    with av.open(str(tmp_path / "out" / "solo.mp4")) as opened:
        heard = opened.streams.audio[0]
        assert (heard.rate, heard.channels) == (RATE, 2)
        sound = np.concatenate(
            [frame.to_ndarray() for frame in opened.decode(audio=0)], axis=1
        )
    wave, _ = soundfile.read(recording)
    error = sound[:, : len(wave)].T - wave
    assert np.sqrt((error**2).mean()) < 0.02


def test_short_recordings_become_pictures_and_long_ones_as_asked(
    s2i, recording, sound, generate, files_in, tmp_path
):
    sound(recording.parent / "note.wav", 0.9)
    generate(s2i, recording.parent, tmp_path / "auto", whole=None)
    assert set(files_in(tmp_path / "auto")) == {"note.png", "solo.mp4", "solo.png"}
    generate(s2i, recording, tmp_path / "single", whole=False)
    assert "solo_1000.png" in files_in(tmp_path / "single")
    generate(s2i, recording.parent / "note.wav", tmp_path / "film", whole=True)
    assert set(files_in(tmp_path / "film")) == {"note.mp4", "note.png"}


def test_the_seed_is_the_film(s2i, recording, generate, files_in, tmp_path):
    """The mistakes: the day or the order of things is in a file; the seed is not."""
    generate(s2i, recording, tmp_path / "a", whole=True, seed=3, samples=2)
    generate(s2i, recording, tmp_path / "b", whole=True, seed=4)
    first, second = files_in(tmp_path / "a"), files_in(tmp_path / "b")
    assert set(first) == {"solo_1.mp4", "solo_1.png", "solo_2.mp4", "solo_2.png"}
    assert first["solo_2.mp4"] == second["solo.mp4"] != first["solo_1.mp4"]


def test_noise_stays_or_goes_slowly():
    """The mistakes: every window has noise of its own; the path has jumps."""
    seconds = np.arange(0, 20, 0.1)
    still = PieceSettings(seed=1).noise_at(seconds, 500)
    assert (still == still[0]).all() and abs(still[0].std() - 1) < 0.1
    path = PieceSettings(seed=1, drift_seconds=5.0).noise_at(seconds, 500)
    np.testing.assert_array_equal(path[0], still[0])
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1) / np.sqrt(500)
    assert steps.max() < 0.07
    norms = np.linalg.norm(path, axis=1) / np.sqrt(500)
    assert norms.min() > 0.9 and norms.max() < 1.1
    far = path[::50] @ path[::50].T / 500
    assert np.abs(far - np.eye(4)).max() < 0.2


def test_frames_get_a_soundtrack_silent_where_they_are_black(
    i2s, frames, generate, files_in, tmp_path
):
    """The mistakes: black frames play on; the sound outlasts the pictures."""
    generate(i2s, frames, tmp_path / "out", frames_per_second=5.0)
    assert set(files_in(tmp_path / "out")) == {"frames.mp4", "frames.wav"}
    wave, rate = soundfile.read(tmp_path / "out" / "frames.wav")
    assert abs(len(wave) / rate - 12) < 0.15
    # Black from 3 s on: windows of the scene before end there, as at every cut.
    assert not wave[round(3.2 * rate) : round(5.9 * rate)].any()
    assert len(levels(tmp_path / "out" / "frames.mp4")) == 60


def test_a_piece_has_one_level_that_no_edge_sets(tmp_path):
    """The mistakes: the last sample, often the loudest, sets it; silence counts."""
    draw = np.random.default_rng(0)
    wave = draw.uniform(-1, 1, 200_000).astype(np.float32)
    wave[50_000:150_000] = 0
    wave[[0, -1]] = 40
    with (tmp_path / "spool").open("w+b") as file:
        wave.tofile(file)
        found = np.concatenate(list(levelled(file, RATE)))
        file.truncate(0)
        (wave * (np.abs(wave) > 0.99)).tofile(file)
        sharp = np.concatenate(list(levelled(file, RATE)))
    assert np.sqrt((found[found != 0] ** 2).mean()) == pytest.approx(
        LEVEL_RMS, rel=0.01
    )
    assert found[0] == found[-1] == 0
    ratio = found[200:-200] / np.where(wave == 0, 1, wave)[200:-200]
    assert np.ptp(ratio[ratio != 0]) < 1e-6
    assert np.abs(sharp).max() <= HIGHEST_PEAK


def test_windows_begin_anew_at_cuts(i2s, frames, monkeypatch, tmp_path):
    """The mistake: the window that a cut is in goes on over it."""
    placed = []
    join = soundtrack.join_windows

    def watched(windows, representation):
        placed.extend(windows)
        return join(placed, representation)

    monkeypatch.setattr(soundtrack, "join_windows", watched)
    soundtrack.soundtrack_of_film(
        i2s,
        frames,
        tmp_path / "a.wav",
        settings=PieceSettings(),
        frames_per_second=5.0,
    )
    hop = i2s.record.representation.hop_length / RATE
    cuts = [window.frame * hop for window in placed if window.cut]
    assert len(cuts) == 3
    np.testing.assert_allclose(cuts, [3, 6, 9], atol=4 * hop)


def test_a_film_that_is_stopped_is_not_there(
    s2i, recording, generate, files_in, monkeypatch, tmp_path
):
    """The mistake: half a film under its name."""

    def stop(*arguments):
        yield np.zeros(1), np.zeros((1, 16, 16, 3), np.uint8)
        raise KeyboardInterrupt

    monkeypatch.setattr(film_of_recording, "pictures_of_sound", stop)
    with pytest.raises(KeyboardInterrupt, match=r"0 of 1 films .* again to go on"):
        generate(s2i, recording, tmp_path / "out", whole=True)
    (kept,) = files_in(tmp_path / "out")
    assert kept.endswith(".begun")
