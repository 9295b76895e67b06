"""Sound and picture files are read as they are meant, and damage is named."""

import os
import pickle
import tempfile

import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.pictures import (
    crop_and_resize,
    decode_picture,
    squeeze,
    write_picture,
)
from cmgan_jax.media.sounds import decode_sound, write_wav
from cmgan_jax.media.windows import cut_windows
from cmgan_jax.signals.representation import Representation


def sine(frequency, *, rate, seconds=0.5):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def noise_picture(height=40, width=60, *, channels=3):
    shape = (height, width, channels)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def kind_of(read, path, *arguments):
    with pytest.raises(MediaError, match=path.name) as raised:
        read(path, *arguments)
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


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "w64", "mp3"])
def test_truncated_sound(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.normal(0, 0.1, 22050), 22050)
    cut_off(path, 0.6)
    assert kind_of(decode_sound, path, 22050) == "truncated"


def test_a_sound_piped_without_known_length_is_whole(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, sine(440, rate=22050), 22050)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4
    path.write_bytes(content)
    assert len(decode_sound(path, 22050)) == 11025


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
    assert kind_of(decode_sound, tmp_path / "a.wav", 22050) == kind


def test_files_that_are_no_media(tmp_path):
    text, nothing = tmp_path / "text", tmp_path / "nothing"
    text.write_text("not a recording\n" * 50)
    nothing.touch()
    header = tmp_path / "header.wav"
    header.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    for read, kind in ((decode_picture, "not_picture"), (sound_at_22050, "not_audio")):
        assert kind_of(read, text) == kind
        assert kind_of(read, nothing) == "zero_length"
        assert kind_of(read, tmp_path / "absent") == "unreadable"
    assert kind_of(decode_sound, header, 22050) == "unreadable"


def sound_at_22050(path):
    return decode_sound(path, 22050)


def test_permission_denied():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.wav")
        soundfile.write(path, sine(440, rate=22050), 22050)
        os.chmod(path, 0)
        user = os.geteuid()
        try:
            if user == 0:
                os.seteuid(65534)  # root may read whatever its permissions
            with pytest.raises(MediaError) as of_sound:
                decode_sound(path, 22050)
            with pytest.raises(MediaError) as of_picture:
                decode_picture(path)
        finally:
            os.seteuid(user)
    assert of_sound.value.kind == of_picture.value.kind == "permission"


def test_the_error_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(MediaError("a.wav", "silence", "is silent.")))
    assert (error.path, error.kind, str(error)) == (
        "a.wav",
        "silence",
        "a.wav: is silent.",
    )


def test_windows_overlap_and_are_complete():
    representation = Representation()
    waveform = np.arange(22050, dtype=np.float32)
    windows = cut_windows(waveform, representation, 0.1)
    assert windows.shape == (6, 11025)
    np.testing.assert_array_equal(windows[:, 0], 2205 * np.arange(6))
    assert cut_windows(waveform[:11025], representation, 0.1).shape == (1, 11025)
    with pytest.raises(MediaError, match=r"lasts 0\.500 s.*window of 0\.5 s") as raised:
        cut_windows(waveform[:11024], representation, 0.1)
    assert raised.value.kind == "shorter_than_window"


def test_colour_picture_is_read_exactly(tmp_path):
    picture = noise_picture()
    write_picture(tmp_path / "deep" / "a.png", picture)
    np.testing.assert_array_equal(decode_picture(tmp_path / "deep" / "a.png"), picture)


def test_grey_pictures_of_8_and_16_bits(tmp_path):
    grey = noise_picture(channels=1)
    write_picture(tmp_path / "8.png", grey)
    Image.fromarray(grey[..., 0].astype(np.uint16) * 257).save(tmp_path / "16.png")
    Image.fromarray(grey[..., 0].astype(np.float32) / 255).save(tmp_path / "f.tiff")
    for name in ("8.png", "16.png", "f.tiff"):
        expected = np.repeat(grey, 3, axis=2)
        np.testing.assert_array_equal(decode_picture(tmp_path / name), expected)


def test_cmyk_palette_and_transparency(tmp_path):
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    red.convert("CMYK").save(tmp_path / "cmyk.jpg", quality=95)
    red.quantize(4).save(tmp_path / "palette.gif")
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    half.putpixel((0, 0), (255, 0, 0, 255))
    half.save(tmp_path / "clear.png")
    for name in ("cmyk.jpg", "palette.gif"):
        pixel = decode_picture(tmp_path / name)[4, 4]
        np.testing.assert_allclose(pixel, (255, 0, 0), atol=6)
    clear = decode_picture(tmp_path / "clear.png")
    np.testing.assert_array_equal(clear[0, 0], (255, 0, 0))
    np.testing.assert_array_equal(clear[4, 4], (255, 255, 255))


def test_exif_orientation_turns_the_picture(tmp_path):
    picture = noise_picture()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    turned = decode_picture(tmp_path / "a.png")
    np.testing.assert_array_equal(turned, np.rot90(picture, -1))


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "gif"])
def test_truncated_picture(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    write_picture(path, noise_picture())
    cut_off(path, 0.6)
    assert kind_of(decode_picture, path) == "truncated"


def test_corrupt_and_non_finite_pictures(tmp_path):
    path = tmp_path / "a.png"
    write_picture(path, noise_picture())
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)
    assert kind_of(decode_picture, path) == "unreadable"
    Image.fromarray(np.full((8, 8), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    assert kind_of(decode_picture, tmp_path / "nan.tiff") == "non_finite"


def test_reduced_decoding_gives_nearly_the_same_picture(tmp_path):
    x = np.linspace(0, 255, 800)
    picture = np.stack(np.broadcast_arrays(x[None], x[:, None], 100.0), -1)
    path = tmp_path / "a.jpg"
    Image.fromarray(picture.astype(np.uint8)).save(path, quality=95)
    reduced = decode_picture(path, at_least=128)
    assert reduced.shape == (200, 200, 3)
    full = crop_and_resize(decode_picture(path), Representation())
    reduced = crop_and_resize(reduced, Representation())
    np.testing.assert_allclose(reduced.astype(int), full.astype(int), atol=3)


def test_centre_crop_keeps_the_middle_square():
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 255
    cropped = crop_and_resize(picture, Representation())
    assert cropped.shape == (64, 64, 3)
    assert cropped.min() == 255


def test_resizing_averages_instead_of_skipping():
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[:, ::2] = 255
    resized = crop_and_resize(picture, Representation())
    np.testing.assert_allclose(resized[8:-8, 8:-8], 127.5, atol=3)


def test_original_crop_keeps_130_of_192_columns():
    frame = np.zeros((108, 192, 3), np.uint8)
    frame[:, 31:161] = 255
    original = Representation(image_crop="original")
    cropped = crop_and_resize(frame, original)
    assert cropped.min() == 255
    frame[:, 31:34] = 0
    assert crop_and_resize(frame, original)[:, 0].max() < 128
    large = np.repeat(np.repeat(frame, 10, axis=0), 10, axis=1)
    difference = crop_and_resize(large, original).astype(int) - crop_and_resize(
        frame, original
    )
    assert np.abs(difference).max() <= 40
    assert np.abs(difference).mean() < 1


def test_squeeze_keeps_every_edge():
    picture = np.full((100, 300, 3), 50, np.uint8)
    picture[:, :30] = picture[:, -30:] = 200
    squeezed = squeeze(picture, 64)
    assert squeezed.shape == (64, 64, 3)
    assert (squeezed[:, 0] == 200).all() and (squeezed[:, -1] == 200).all()
