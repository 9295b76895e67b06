"""Blockwise attention against its plain form, and the two self-attention layers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from cmgan_jax.nets.attention import SelfAttention, attend, attention_map
from cmgan_jax.nets.spectral_norm import SpectralNorm

KEY = jax.random.key(0)
X = jax.random.normal(KEY, (2, 8, 8, 16))
FORMS = ["convolutional", "pointwise"]


def _inputs(b=4, n=64, m=16, k=3, c=5, dtype=jnp.float32):
    shapes = ((b, n, k), (b, m, k), (b, m, c), (b, n, c))
    keys = jax.random.split(KEY, len(shapes))
    drawn = (jax.random.normal(*a) for a in zip(keys, shapes, strict=True))
    return [2 * a.astype(dtype) for a in drawn]


def _plain(query, key, value):
    return jnp.einsum("bnm,bmc->bnc", attention_map(query, key), value)


def _value_and_gradients(function, inputs):
    *qkv, d_output = inputs
    output, pull = jax.vjp(function, *qkv)
    return output, *pull(d_output)


def test_rows_of_the_map_sum_to_one():
    query, key, _, _ = _inputs()
    weights = attention_map(query, key)
    assert weights.shape == (4, 64, 16)
    np.testing.assert_allclose(weights.sum(-1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("b", [4, 6])  # a CPU takes four examples at a time
def test_value_and_gradients_equal_the_plain_form(b):
    inputs = _inputs(b=b)
    ours = jax.jit(lambda *a: _value_and_gradients(attend, a))(*inputs)
    for actual, expected in zip(
        ours, _value_and_gradients(_plain, inputs), strict=True
    ):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(actual / scale, expected / scale, atol=1e-5)


def test_large_scores_stay_finite():
    query, key, value, d_output = _inputs()
    inputs = (100 * query, 100 * key, value, d_output)
    for array in _value_and_gradients(attend, inputs):
        assert np.isfinite(array).all()


def test_bfloat16_is_close_to_float32():
    inputs = _inputs(dtype=jnp.bfloat16)
    ours = _value_and_gradients(attend, inputs)
    exact = _value_and_gradients(_plain, [a.astype(jnp.float32) for a in inputs])
    for actual, expected in zip(ours, exact, strict=True):
        assert actual.dtype == jnp.bfloat16
        error = np.abs(actual.astype(jnp.float32) - expected).max()
        assert error < 0.03 * np.abs(expected).max()


def test_no_map_is_kept_for_the_backward_pass():
    query, key, value, _ = _inputs(n=64, m=64)
    _, pull = jax.vjp(attend, query, key, value)
    assert max(leaf.size for leaf in jax.tree.leaves(pull)) < 4 * 64 * 64


def test_an_accelerator_takes_the_whole_batch_at_once():
    qkv = _inputs()[:3]
    gradient = jax.jit(jax.grad(lambda *a: attend(*a).sum(), (0, 1, 2)))
    traced = gradient.trace(*qkv)
    assert "stablehlo.while" in traced.lower(lowering_platforms=("cpu",)).as_text()
    for platform in ("cuda", "tpu"):
        text = traced.lower(lowering_platforms=(platform,)).as_text()
        assert "stablehlo.while" not in text


def test_a_batch_spread_over_devices_gives_the_same():
    mesh = Mesh(np.array(jax.devices()), ("data",))
    split = NamedSharding(mesh, PartitionSpec("data"))
    inputs = _inputs()
    step = jax.jit(lambda *a: _value_and_gradients(attend, a))
    spread = step(*jax.device_put(inputs, split))
    for actual, expected in zip(spread, step(*inputs), strict=True):
        np.testing.assert_allclose(actual, expected, atol=5e-5)


@pytest.mark.parametrize("form", FORMS)
def test_closed_gate_is_the_identity(form):
    y, variables = SelfAttention(form).init_with_output(KEY, X, train=True)
    np.testing.assert_array_equal(y, X)
    assert variables["params"]["gate"] == 0.0


@pytest.mark.parametrize("form", FORMS)
def test_open_gate_attends_and_shows_its_map_when_asked(form):
    module = SelfAttention(form)
    variables = module.init(KEY, X, train=True)
    assert "intermediates" not in variables
    variables["params"]["gate"] = jnp.float32(0.5)
    y, stored = module.apply(variables, X, train=False, mutable=["intermediates"])
    assert not np.allclose(y, X)
    (weights,) = stored["intermediates"]["map"]
    offered = 64 if form == "convolutional" else 16
    assert weights.shape == (2, 64, offered)
    np.testing.assert_allclose(weights.sum(-1), 1.0, rtol=1e-5)


def test_only_batch_statistics_make_an_item_depend_on_its_batch():
    for batch_statistics in (False, True):
        module = SelfAttention(batch_statistics_at_test=batch_statistics)
        variables = module.init(KEY, X, train=True)
        variables["params"]["gate"] = jnp.float32(0.5)
        together = module.apply(variables, X, train=False)
        alone = module.apply(variables, X[:1], train=False)
        assert np.allclose(together[:1], alone, atol=1e-5) != batch_statistics


def test_channels_of_both_forms():
    def channels(form, **fields):
        module = SelfAttention(form, **fields)
        variables = jax.eval_shape(lambda: module.init(KEY, X, train=True))
        return {
            name: tree["kernel"].shape
            for name, tree in variables["params"].items()
            if name != "gate" and "kernel" in tree
        }

    assert channels("convolutional", spectral_norm=SpectralNorm()) == {
        "query": (4, 4, 16, 2),
        "key": (4, 4, 16, 2),
        "value": (4, 4, 16, 16),
    }
    assert channels("pointwise", norm=False) == {
        "query": (1, 1, 16, 2),
        "key": (1, 1, 16, 2),
        "value": (1, 1, 16, 8),
        "output": (1, 1, 8, 16),
    }


def test_unknown_form_is_refused():
    with pytest.raises(ValueError, match="expected one of"):
        SelfAttention("global").init(KEY, X, train=True)


def test_an_odd_edge_is_pooled_alone():
    x = X[:, :5, :5]
    module = SelfAttention("pointwise")
    variables = module.init(KEY, x, train=True)
    variables["params"]["gate"] = jnp.float32(0.5)
    y, stored = module.apply(variables, x, train=False, mutable=["intermediates"])
    assert np.isfinite(y).all()
    assert stored["intermediates"]["map"][0].shape == (2, 25, 9)
