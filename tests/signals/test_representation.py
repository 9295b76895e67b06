"""The parameters of the arrays, their shapes, and refusing to mix them."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.signals.representation import (
    LOG_MEL_WINDOWS,
    Representation,
    require_same,
    to_uint8,
    to_unit,
)

COLOURED = Representation(sound="coloured", colormap="jet")


def test_shapes_of_the_default():
    default = Representation()
    assert (default.window_samples, default.frames) == (11025, 64)
    assert (default.sound_shape, default.image_shape) == ((64, 64, 1), (64, 64, 3))


@pytest.mark.parametrize("seconds", LOG_MEL_WINDOWS)
def test_a_window_has_as_many_frames_as_bands(seconds):
    """The mistake: a hop that gives one frame more or less, which no network takes."""
    usual = Representation(window_seconds=seconds, **LOG_MEL_WINDOWS[seconds])
    assert usual.frames == usual.n_mels == round(128 * seconds)


def test_shapes_of_coloured_sounds_are_those_of_pictures():
    small = dataclasses.replace(COLOURED, image_size=32)
    assert small.sound_shape == small.image_shape == (32, 32, 3)


def test_json_round_trip_names_fields_that_do_not_fit():
    assert Representation.from_json(COLOURED.to_json()) == COLOURED
    fields = COLOURED.to_json()
    del fields["hop_length"]
    with pytest.raises(ValueError, match=r"\['hop', 'hop_length'\] are missing or unk"):
        Representation.from_json(fields | {"hop": 175})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image_size": 48}, "image_size=48: expected a power of two"),
        ({"image_size": 8}, "image_size=8: expected a power of two, 16 or more"),
        ({"image_crop": "center"}, "image_crop='center' is unknown; known: centre"),
        ({"sound": "mel"}, "sound='mel' is unknown; known: log_mel"),
        ({"fmax": 12000.0}, "fmax=12000.0 Hz exceeds half of sample_rate=22050"),
        ({"sound": "coloured"}, "colormap=''"),
        ({"colormap": "jet"}, "colormap='jet' with sound='log_mel'"),
    ],
)
def test_impossible_parameters_are_named(fields, message):
    with pytest.raises(ValueError, match=message):
        Representation(**fields)


def test_every_difference_is_named_with_both_values():
    one, other = Representation(), Representation(n_mels=32, fmin=50.0)
    with pytest.raises(ValueError) as caught:
        require_same(one, other, first_is="the run", second_is="the data")
    message = str(caught.value)
    assert "n_mels: 64 in the run, 32 in the data" in message
    assert "fmin: 40.0 in the run, 50.0 in the data" in message
    assert "hop_length" not in message
    close = Representation(fmin=40.0 * (1 + 1e-12))
    require_same(one, close, first_is="the run", second_is="the data")


def test_pixels_survive_the_way_to_unit_and_back():
    pixels = np.arange(256, dtype=np.uint8)
    unit = to_unit(pixels)
    assert unit.dtype == np.float32 and (unit[0], unit[-1]) == (-1.0, 1.0)
    np.testing.assert_array_equal(to_uint8(unit), pixels)
    np.testing.assert_allclose(to_unit(jnp.asarray(pixels)), unit, atol=2e-7)
    assert to_uint8(np.array([-1.4, 1.2])).tolist() == [0, 255]
