"""The object that Python calls: media in, pictures and sounds out."""

import io

import numpy as np
import pytest
import soundfile
from PIL import Image

import cmgan_jax
from cmgan_jax.generation.made import Picture, Sound
from cmgan_jax.generation.media_in import read_sources
from cmgan_jax.generation.translator import Translator
from cmgan_jax.runs.weights import write_models
from cmgan_jax.signals.direction import I2S, S2I

RATE = 22050


@pytest.fixture(scope="module")
def both(s2i, i2s):
    return Translator((s2i, i2s))


def heard(model, file):
    (source,) = read_sources(file, model.record.representation, direction=S2I)
    return source.array


def test_what_a_file_is_decides_the_direction(both, s2i, i2s, tmp_path, sound, picture):
    """Not what it is called."""
    given = sound(tmp_path / "a.wav").rename(tmp_path / "a.jpg")
    made = both(given)
    assert isinstance(made, Picture) and made.title == "a.jpg, seed 0"
    expected = s2i.generate(heard(s2i, given)[None])[0]
    np.testing.assert_array_equal(made.array, expected)
    painted = both(str(picture(tmp_path / "b.png")))
    assert isinstance(painted, Sound) and painted.array.shape == (16, 16, 1)
    with pytest.raises(ValueError, match="It is a sound: give --direction=s2i"):
        both(given, direction="i2s")
    with pytest.raises(ValueError, match="'x2y' is unknown"):
        both(given, direction="x2y")


def test_samples_and_seeds_are_those_of_the_model(both, s2i, tmp_path, sound):
    given = sound(tmp_path / "a.wav")
    source = heard(s2i, given)[None]
    made = both(given, samples=2, seed=3)
    for number, one in enumerate(made):
        expected = s2i.generate(source, seed=3 + number)[0]
        np.testing.assert_array_equal(one.array, expected)
    assert [one.title for one in made] == ["a.wav, seed 3", "a.wav, seed 4"]
    assert len(both(given, samples=1)) == 1


def test_lists_mix_files_arrays_and_what_was_made(both, i2s, tmp_path, sound):
    given = sound(tmp_path / "a.wav")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    small = pixels[:16, :16]
    first, second, third = both([given, pixels, small])
    assert isinstance(first, Picture) and isinstance(second, Sound)
    np.testing.assert_array_equal(third.array, i2s.generate(small[None])[0])
    again = both(first)
    np.testing.assert_array_equal(again.array, i2s.generate(first.array[None])[0])
    assert again.title == "(a.wav, seed 0), seed 0"
    for wrong in (np.zeros((8, 16, 1), np.uint8), small.astype(np.float32)):
        with pytest.raises(ValueError, match=r"takes \[16, 16, [13]\], uint8"):
            both(wrong)


def test_of_a_long_sound_the_loudest_window_or_every_one(both, s2i, tmp_path):
    time = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 600 * time) * np.where(time < 1, 0.01, 0.5)
    tone[: RATE // 2] = 0.0
    soundfile.write(tmp_path / "a.wav", tone, RATE)
    windows = both.windows(tmp_path / "a.wav", seed=2)
    assert [one.title for one in windows] == [
        f"a.wav at {at} s, seed 2" for at in ("0.5", "1", "1.5")
    ]
    sources = read_sources(tmp_path / "a.wav", s2i.record.representation, direction=S2I)
    for one, source in zip(windows, sources, strict=True):
        expected = s2i.generate(source.array[None], seed=2)[0]
        np.testing.assert_array_equal(one.array, expected)
    start = float(both(tmp_path / "a.wav").title.split()[2])
    assert start >= 1.0


def test_a_picture_shows_and_saves_itself(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    made = Picture(array, "a <b>, seed 0")
    shown = np.asarray(Image.open(io.BytesIO(made._repr_png_())).convert("RGB"))
    np.testing.assert_array_equal(shown, array)
    html = made._repr_html_()
    assert 'src="data:image/png;base64,' in html and "a &lt;b&gt;, seed 0" in html
    assert "<b>" not in html and "8 x 8" in repr(made)
    path = made.save(tmp_path / "new" / "a.png")
    np.testing.assert_array_equal(np.asarray(Image.open(path)), array)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        made.save(path)
    assert made.save(str(path), overwrite=True) == path
    with pytest.raises(ValueError, match="unknown file extension"):
        made.save(tmp_path / "a.what")
    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_a_sound_plays_and_saves_itself(i2s, tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (16, 16, 1), dtype=np.uint8)
    made = Sound(array, i2s.record.representation, "b.jpg, seed 0")
    assert made.sample_rate == RATE and made.waveform.shape == (11025,)
    assert made.waveform.dtype == np.float32 and np.abs(made.waveform).max() == 1.0
    html = made._repr_html_()
    assert '<audio controls src="data:audio/wav;base64,' in html
    assert 'alt="Spectrogram of b.jpg, seed 0"' in html
    saved, rate = soundfile.read(made.save(tmp_path / "b.wav"))
    assert rate == RATE
    np.testing.assert_allclose(saved, made.waveform, atol=1e-4)
    shown = np.asarray(Image.open(made.save(tmp_path / "b.png")))
    np.testing.assert_array_equal(shown, made.picture)


def test_it_is_loaded_from_workdirs_files_and_names(small_run, small_model, tmp_path):
    file = tmp_path / "small.safetensors"
    write_models(file, [small_model])
    for source in (small_run, str(file)):
        loaded = cmgan_jax.load(source)
        assert loaded.directions == (S2I,)
        assert loaded.model("s2i").digest == small_model.digest
        assert loaded.class_names == ("low", "middle", "high")
    with pytest.raises(ValueError, match="does not turn image to sound: it was"):
        loaded.model(I2S)
    with pytest.raises(ValueError, match="both generate sound to image"):
        cmgan_jax.load(small_run, file)
    with pytest.raises(FileNotFoundError, match="the package has pocket_orchestra"):
        cmgan_jax.load(tmp_path / "nothing")
