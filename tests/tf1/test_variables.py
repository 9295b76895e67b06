"""Names and layouts of the authors' TensorFlow 1 variables."""

import jax
import numpy as np
import pytest

from cmgan_jax.tf1 import variables as tf1


def _names(side):
    """A shortened but complete graph whose generator makes `side`, "I" or "S"."""
    names = []
    for scope, letter in (("encoder_Img", "I"), ("encoder_Sud", "S")):
        names += [f"{scope}/en{letter}_conv{n}/w" for n in range(1, 6)]
        names += [f"{scope}/en{letter}_fc{n}/Matrix" for n in (6, 7, 8)]
        names += [f"{scope}/en{letter}_bn{n}/moving_mean" for n in (2, 8)]
        names += [f"{scope}/attention/gamma{letter}"]
    names += ["classifier_Img/cI_fc1/bias", "classifier_Sud/cS_fc1/bias"]
    names += ["generator/g_fc1/Matrix", "generator/g_bn1/gamma"]
    names += [f"generator/g_dc{n}/w" for n in range(2, 7)]
    names += [f"generator/attention/f{side}_conv/w", "generator/g_bn3/beta"]
    names += [f"discriminator/d_conv{n}/w" for n in range(1, 6)]
    names += ["discriminator/d_fc7/Matrix", "discriminator/d_fc8/u"]
    names += [f"discriminator/attention/h{side}_bn/gamma"]
    return names


def _path(place):
    return "/".join((place.network, *place.path))


def test_names_find_their_places():
    places = tf1.places(_names("I"))
    expected = {
        "encoder_Sud/enS_conv1/w": "sound_encoder/params/trunk/conv1/kernel",
        "encoder_Img/enI_fc8/Matrix": "image_encoder/params/code/dense/kernel",
        "encoder_Img/enI_bn8/moving_mean": "image_encoder/batch_stats/code/norm/mean",
        "encoder_Sud/enS_bn2/moving_mean": (
            "sound_encoder/batch_stats/trunk/norm2/mean"
        ),
        "encoder_Sud/attention/gammaS": "sound_encoder/params/trunk/attention/gate",
        "classifier_Img/cI_fc1/bias": "image_classifier/params/dense/bias",
        "generator/g_bn1/gamma": "generator/params/norm/scale",
        "generator/g_dc2/w": "generator/params/deconv5/kernel",
        "generator/g_bn3/beta": "generator/params/norm4/bias",
        "generator/attention/fI_conv/w": "generator/params/attention/key/kernel",
        "discriminator/d_fc8/u": "discriminator/spectral_stats/logit/u",
        "discriminator/attention/hI_bn/gamma": (
            "discriminator/params/trunk/attention/value_norm/scale"
        ),
    }
    assert {name: _path(places[name]) for name in expected} == expected
    transposed = {name for name, place in places.items() if place.transposed}
    assert transposed == {f"generator/g_dc{n}/w" for n in range(2, 7)}


def test_both_directions_name_the_same_networks():
    """Whichever side is the sound: a name says its network, not its part."""
    there, back = tf1.places(_names("I")), tf1.places(_names("S"))
    assert list(map(_path, there.values())) == list(map(_path, back.values()))
    networks = {place.network for place in there.values()}
    assert networks == {
        *("image_encoder", "sound_encoder", "image_classifier", "sound_classifier"),
        *("generator", "discriminator"),
    }


def test_arrays_come_back_as_they_went():
    draw = np.random.default_rng(0)
    names = _names("I")
    variables = {
        name: draw.standard_normal((4, 4, 3, 2) if name.endswith("/w") else (1,))
        for name in names
    }
    networks = tf1.from_tf1(variables)
    assert networks["generator"]["params"]["deconv1"]["kernel"].shape == (4, 4, 2, 3)
    assert networks["sound_encoder"]["params"]["trunk"]["attention"]["gate"].ndim == 0
    assert {leaf.dtype for leaf in jax.tree.leaves(networks)} == {np.dtype("float32")}
    back = tf1.to_tf1(networks, names)
    assert set(back) == set(names)
    for name, array in back.items():
        np.testing.assert_allclose(array.ravel(), variables[name].ravel(), rtol=1e-6)


def test_optimizer_slots_are_left_out_and_strangers_refused():
    names = _names("I")
    slots = ["generator/g_dc2/w/Adam", "generator/g_dc2/w/Adam_1", "beta1_power"]
    assert set(tf1.places(names + slots)) == set(names)
    with pytest.raises(ValueError, match="1 variables fit no layer"):
        tf1.places([*names, "vgg/conv1/w"])
