"""What a page holds is what it was given."""

import base64
import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.media.encoding import data_uri, mp3, png, wav
from cmgan_jax.signals.pictures import as_picture

RATE = 22050


def decoded(content):
    image = Image.open(io.BytesIO(content))
    return image, np.asarray(image.convert("RGB"))


def test_pictures_survive_exactly_and_spectrograms_in_half_the_bytes():
    draw = np.random.default_rng(1)
    photograph = draw.integers(0, 256, (64, 48, 3), np.uint8)
    sound = draw.integers(0, 256, (64, 64, 1), np.uint8)
    for picture in (photograph, as_picture(sound)):
        np.testing.assert_array_equal(decoded(png(picture))[1], picture)
    assert decoded(png(photograph))[0].mode == "RGB"
    assert len(png(as_picture(sound))) < 0.5 * as_picture(sound).size
    np.testing.assert_array_equal(decoded(png(sound))[1], sound.repeat(3, axis=2))


def test_a_wav_is_clipped_to_sixteen_bits():
    audio = np.array([-2.0, -0.5, 0.0, 0.5, 2.0], np.float32)
    heard, rate = soundfile.read(io.BytesIO(wav(audio, 8000)), dtype="int16")
    assert rate == 8000
    assert heard.tolist() == [-32768, -16384, 0, 16384, 32767]


def test_an_mp3_sounds_as_the_waveform_in_a_quarter_of_the_bytes():
    time = np.arange(RATE // 2) / RATE
    audio = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    content = mp3(audio, RATE)
    assert len(content) < 0.25 * len(wav(audio, RATE))
    heard, rate = soundfile.read(io.BytesIO(content))
    spectrum = np.abs(np.fft.rfft(heard))
    loudest = np.argmax(spectrum) * rate / len(heard)
    assert loudest == pytest.approx(1000, abs=10)
    assert np.abs(heard).max() == pytest.approx(0.5, abs=0.05)


def test_an_address_holds_the_bytes():
    kind, content = data_uri("image/png", b"\x00\xff").split(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(content) == b"\x00\xff"
