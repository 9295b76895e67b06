"""What is written of a generated target, read back as anybody would."""

import matplotlib.image
import numpy as np
import pytest
import soundfile

from cmgan_jax.generation.media_out import waveform_maker, write_target
from cmgan_jax.media.log_mel import filter_bank
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation()


@pytest.fixture(scope="module")
def waveforms():
    return waveform_maker(REPRESENTATION)


def centre(band: int) -> float:
    """The frequency that a mel band hears best, in Hz."""
    bank = filter_bank(REPRESENTATION)
    places = np.arange(bank.shape[1]) * REPRESENTATION.sample_rate
    return places[bank[band].argmax()] / REPRESENTATION.n_fft


@pytest.mark.parametrize("band", [12, 30, 52])
def test_a_band_of_the_spectrogram_is_heard_where_it_stands(band, waveforms, tmp_path):
    spectrogram = np.zeros((64, 64, 1), np.uint8)
    spectrogram[band] = 255
    wav, png = write_target(
        tmp_path / "tone.of.a.band",
        spectrogram,
        REPRESENTATION,
        modality="sound",
        waveforms=waveforms,
    )
    assert (wav.name, png.name) == ("tone.of.a.band.wav", "tone.of.a.band.png")
    wave, rate = soundfile.read(wav)
    assert (rate, len(wave)) == (22050, 11025)
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    peak = power.argmax() * rate / len(wave)
    lower, upper = centre(band - 1), centre(band + 1)
    assert lower < peak < upper
    frequencies = np.arange(len(power)) * rate / len(wave)
    inside = (frequencies > 0.8 * lower) & (frequencies < 1.25 * upper)
    assert power[inside].sum() > 0.9 * power.sum()
    # In the picture low notes are at the bottom.
    brightness = matplotlib.image.imread(png)[..., :3].sum((1, 2))
    assert abs(brightness.argmax() / 256 - (63 - band) / 64) < 2 / 64


def test_a_picture_is_written_pixel_by_pixel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    (png,) = write_target(
        tmp_path / "a", pixels, REPRESENTATION, modality="image", waveforms=None
    )
    read = np.rint(matplotlib.image.imread(png)[..., :3] * 255)
    np.testing.assert_array_equal(read, pixels)


def test_a_coloured_spectrogram_gives_no_sound(tmp_path):
    coloured = Representation(sound="coloured", colormap="jet")
    assert waveform_maker(coloured) is None
    target = np.zeros((64, 64, 3), np.uint8)
    files = write_target(
        tmp_path / "a", target, coloured, modality="sound", waveforms=None
    )
    assert [file.name for file in files] == ["a.png"]
