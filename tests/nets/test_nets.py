"""Shapes, parameter counts and behaviour of the four networks."""

import itertools

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.classifier import Classifier
from cmgan_jax.nets.discriminator import Discriminator
from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import Generator
from cmgan_jax.nets.posterior import Posterior
from cmgan_jax.nets.trunk import stages

KEY = jax.random.key(0)
CODE = jnp.zeros((2, 64))
Z = jnp.zeros((2, 62))


def _pictures(size=64, channels=3):
    return jnp.zeros((2, size, size, channels))


def _abstract(module, *arguments, train=True):
    """Output and variables as shapes, without computing anything."""
    return jax.eval_shape(lambda: module.init_with_output(KEY, *arguments, train=train))


def _count(variables):
    return sum(leaf.size for leaf in jax.tree.leaves(variables["params"]))


def test_parameter_counts_of_the_original():
    _, encoder = _abstract(Encoder(), _pictures())
    classifier = jax.eval_shape(lambda: Classifier(13).init(KEY, jnp.zeros((2, 128))))
    _, generator = _abstract(Generator(late_stages="sigmoid"), CODE, Z)
    _, discriminator = _abstract(Discriminator(norm=True), _pictures(), CODE)
    counts = [_count(v) for v in (encoder, classifier, generator, discriminator)]
    assert counts == [12_420_065, 1_677, 4_944_033, 13_329_826]
    assert _count({"params": encoder["params"]["trunk"]["attention"]}) == 82_081


@pytest.mark.parametrize(
    ("size", "channels", "width"), [(32, 1, 8), (64, 1, 16), (128, 3, 8)]
)
def test_shapes_of_every_size(size, channels, width):
    pictures = _pictures(size, channels)
    (features, code), _ = _abstract(Encoder(width), pictures)
    generated, _ = _abstract(Generator(channels, size, width), CODE, Z)
    logits, _ = _abstract(Discriminator(width), pictures, CODE)
    assert (features.shape, code.shape) == ((2, 128), (2, 64))
    assert generated.shape == pictures.shape
    assert logits.shape == (2,)


@pytest.mark.parametrize("form", ["convolutional", "pointwise"])
def test_attention_stands_after_every_stage(form):
    channels = {None: None, 0: 8, 1: 16, 2: 32, 3: 32, 4: 64}
    for stage, expected in channels.items():
        fields = {"width": 8, "attention_stage": stage, "attention_form": form}
        networks = (
            _abstract(Encoder(**fields), _pictures())[1]["params"]["trunk"],
            _abstract(Generator(**fields), CODE, Z)[1]["params"],
            _abstract(Discriminator(**fields), _pictures(), CODE)[1]["params"]["trunk"],
        )
        for params in networks:
            if expected is None:
                assert "attention" not in params
            else:
                assert params["attention"]["query"]["kernel"].shape[2] == expected


def test_code_has_parameters_of_its_own():
    _, variables = _abstract(Encoder(8), _pictures())
    assert set(variables["params"]) == {"trunk", "hidden", "features", "code"}


def test_features_and_code_are_the_two_halves_of_the_encoder():
    encoder = Encoder(4, hidden_size=8, attention_stage=None)

    @jax.jit
    def both(x):
        (features, code), variables = encoder.init_with_output(KEY, x, train=False)
        half = encoder.apply(variables, x, train=False, method="features")
        rest = encoder.apply(variables, half, train=False, method="code")
        return (features, code), (half, rest)

    whole, halves = both(jax.random.normal(KEY, (2, 16, 16, 1)))
    for actual, expected in zip(halves, whole, strict=True):
        np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_late_sigmoids_have_no_batch_norm():
    for late_stages, expected in {
        "norm_relu": {"norm", "norm5", "norm4", "norm3", "norm2"},
        "sigmoid": {"norm", "norm5", "norm4"},
    }.items():
        module = Generator(width=8, late_stages=late_stages)
        params = _abstract(module, CODE, Z)[1]["params"]
        assert {name for name in params if name.startswith("norm")} == expected


def test_discriminator_keeps_batch_norm_only_where_asked():
    for norm in (False, True):
        _, variables = _abstract(Discriminator(8, norm=norm), _pictures(), CODE)
        assert ("batch_stats" in variables) == norm
        assert "u" in variables["spectral_stats"]["trunk"]["conv1"]


def test_discriminator_without_batch_norm_judges_items_alone():
    module = Discriminator(4, hidden_size=8, attention_stage=None)
    x, code = jax.random.normal(KEY, (3, 16, 16, 1)), jax.random.normal(KEY, (3, 64))

    @jax.jit
    def judge(x, codes):
        variables = module.init(KEY, x, codes[0], train=False)
        return [
            module.apply(variables, x, code, train=True, mutable=["spectral_stats"])[0]
            for code in codes
        ]

    first_only = code.at[1:].set(0.0)
    together, alone, swapped = judge(x, (code, first_only, code[::-1]))
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)
    assert not np.allclose(together[0], swapped[0])


def test_generator_stays_in_range_and_follows_z():
    module = Generator(channels=1, image_size=16, width=4, attention_stage=None)

    @jax.jit
    def generate(code, z):
        variables = module.init(KEY, code, z, train=False)
        return [
            module.apply(variables, code, sign * z, train=True, mutable=["batch_stats"])
            for sign in (1, -1)
        ]

    code, z = jax.random.normal(KEY, (2, 64)), jax.random.normal(KEY, (2, 62))
    (first, _), (second, _) = generate(code, z)
    assert first.shape == (2, 16, 16, 1)
    assert np.abs(first).max() < 1.0
    assert not np.allclose(first, second)


def test_bfloat16_networks_answer_in_float32():
    fields = {"width": 8, "dtype": jnp.bfloat16}
    generated, generator = _abstract(Generator(**fields), CODE, Z)
    logits, discriminator = _abstract(Discriminator(**fields), _pictures(), CODE)
    leaves = itertools.chain(
        jax.tree.leaves((generated, logits)),
        jax.tree.leaves((generator, discriminator)),
    )
    assert {leaf.dtype for leaf in leaves} == {jnp.dtype(jnp.float32)}


def test_bad_fields_are_named():
    with pytest.raises(ValueError, match="attention_stage=5"):
        _abstract(Encoder(8, attention_stage=5), _pictures())
    with pytest.raises(ValueError, match="late_stages='relu'"):
        _abstract(Generator(width=8, late_stages="relu"), CODE, Z)
    with pytest.raises(ValueError, match="image_size=48"):
        stages(48)


def test_spectra_are_a_map_of_few_rows_and_columns():
    """With the convolutions silenced, the map before tanh has that rank."""
    module = Generator(channels=1, image_size=16, width=4, spectra=3, hidden_size=8)
    code, z = (jax.random.normal(jax.random.key(i), (2, 5)) for i in range(2))
    variables = jax.jit(lambda: module.init(jax.random.key(2), code, z, train=False))()
    last = variables["params"]["deconv1"]
    variables["params"]["deconv1"] = jax.tree.map(jnp.zeros_like, last)
    made = jax.jit(lambda v: module.apply(v, code, z, train=False))(variables)
    for plane in np.arctanh(np.asarray(made, np.float64))[..., 0]:
        sizes = np.linalg.svd(plane, compute_uv=False)
        assert sizes[2] > 1e-4 * sizes[0] and sizes[3] < 1e-5 * sizes[0]
    assert not np.allclose(made[0], made[1])
    bare = Generator(channels=1, image_size=16, width=4)
    shapes = jax.eval_shape(lambda: bare.init(jax.random.key(2), code, z, train=False))
    assert not any("spectra" in name for name in shapes["params"])


def test_sketches_are_mixtures_of_a_few_pictures():
    """With the convolutions silenced, what is made before tanh has that rank."""
    sizes = {"image_size": 16, "width": 4, "attention_stage": None}
    module = Generator(**sizes, sketches=3, hidden_size=8)
    code, z = (jax.random.normal(jax.random.key(i), (9, 5)) for i in range(2))
    variables = jax.jit(lambda: module.init(jax.random.key(2), code, z, train=False))()
    last = variables["params"]["deconv1"]
    variables["params"]["deconv1"] = jax.tree.map(jnp.zeros_like, last)
    made = jax.jit(lambda v: module.apply(v, code, z, train=False))(variables)
    flat = np.arctanh(np.asarray(made, np.float64)).reshape(9, -1)
    ranks = np.linalg.svd(flat - flat.mean(0), compute_uv=False)
    assert ranks[2] > 1e-3 * ranks[0] and ranks[3] < 1e-5 * ranks[0]
    # As in an exported program, whose batch has no size yet.
    (b,) = jax.export.symbolic_shape("b")
    given = (jax.ShapeDtypeStruct((b, 5), jnp.float32),) * 2
    make = jax.jit(lambda code, z: module.apply(variables, code, z, train=False))
    (exported,) = jax.export.export(make)(*given).out_avals
    assert exported.shape == (b, 16, 16, 3)
    bare = Generator(**sizes)
    shapes = jax.eval_shape(lambda: bare.init(jax.random.key(2), code, z, train=False))
    assert not any("sketches" in name for name in shapes["params"])


def test_the_posterior_reads_the_target_and_the_code():
    module = Posterior(z_size=6, width=2, hidden_size=8)
    target = jax.random.normal(jax.random.key(0), (3, 16, 16, 1))
    code = jax.random.normal(jax.random.key(1), (3, 5))
    variables = module.init(jax.random.key(2), target, code, train=False)
    mean, log_variance = module.apply(variables, target, code, train=False)
    assert mean.shape == log_variance.shape == (3, 6)
    assert mean.dtype == jnp.float32
    for other in ((target + 1.0, code), (target, code + 1.0)):
        assert not np.allclose(module.apply(variables, *other, train=False)[0], mean)
