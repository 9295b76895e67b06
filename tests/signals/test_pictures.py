"""Pictures for people of sounds and images."""

import numpy as np

from cmgan_jax.signals.pictures import as_picture, spectrogram_picture


def test_low_notes_are_at_the_bottom_of_a_spectrogram():
    sound = np.zeros((64, 10, 1), np.uint8)
    sound[0] = 255
    picture = spectrogram_picture(sound)
    assert picture.shape == (64, 10, 3)
    assert (picture[-1] > picture[:-1].max(axis=0)).all()


def test_images_stay_as_they_are():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert as_picture(image) is image
    assert as_picture(image[..., :1]).shape == (4, 4, 3)
