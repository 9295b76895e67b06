"""How the discriminator judges several kinds of pairs, and when it learns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.runs.digest import digest
from cmgan_jax.systems.discriminate import discriminate
from cmgan_jax.training.state import NetState

SHAPE = (4, 16, 16, 3)


def assert_close(actual, expected):
    """Up to float32 sums in another order, enlarged where BatchNorm divides by little.

    Each of seven layers adds about 1e-6; the kinds differ by tenths.
    """
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4),
        actual,
        expected,
    )


def kinds_and_code(code_size: int):
    """Three kinds of pictures of different mean and variance, and their code."""
    keys = jax.random.split(jax.random.key(0), 4)
    kinds = [
        shift + scale * jax.random.normal(key, SHAPE)
        for key, shift, scale in zip(keys, (0, 0.5, -1), (1, 0.5, 2), strict=False)
    ]
    return kinds, jax.random.normal(keys[3], (SHAPE[0], code_size))


def new_discriminator(parts) -> NetState:
    """Parameters and averages off their start, where zeros hide what they scale."""
    x, code = jnp.zeros((1, *SHAPE[1:])), jnp.zeros((1, parts.encoder.code_size))
    variables = parts.discriminator.init(jax.random.key(1), x, code, train=False)
    params = jax.tree.map(
        lambda p: p + 0.1 * jax.random.normal(jax.random.key(2), p.shape),
        variables.pop("params"),
    )
    return NetState(params=params, collections=variables)


@pytest.mark.parametrize("norm", [True, False])
def test_kinds_judged_together_are_judged_as_each_alone(norm, make_parts):
    fields = {"discriminator_norm": norm, "attention_form": "convolutional"}
    parts = make_parts(**{f"model.{name}": field for name, field in fields.items()})
    kinds, code = kinds_and_code(parts.encoder.code_size)
    network = jax.jit(lambda: new_discriminator(parts))()

    @jax.jit
    def judge(kinds):
        pairs = [(target, code) for target in kinds]
        return discriminate(parts.discriminator, network, network.params, pairs)

    logits, after = judge(kinds)
    alone = [judge([kind]) for kind in kinds]
    assert logits.shape == (3, SHAPE[0])
    assert_close(logits, jnp.concatenate([single for single, _ in alone]))
    assert ("batch_stats" in after) == norm
    # The singular vectors take one step whatever they judge: the mean is that step.
    mean = jax.tree.map(lambda *leaves: sum(leaves) / 3, *(new for _, new in alone))
    assert_close(after, mean)
    moved = jax.tree.map(lambda a, b: not np.allclose(a, b), network.collections, after)
    assert jax.tree.all(moved)


def test_the_discriminator_sits_out_every_other_step(original):
    resting, metrics = original.step(original.after, original.batch)
    before = original.after.discriminator
    assert digest(original.before.discriminator.params, step=0) != digest(
        before.params, step=0
    )
    assert digest(resting.discriminator.params, step=0) == digest(before.params, step=0)
    assert digest(resting.discriminator.opt_state, step=0) == digest(
        before.opt_state, step=0
    )
    generators = (state.generator.params for state in (resting, original.after))
    assert not jax.tree.all(jax.tree.map(np.array_equal, *generators))
    assert np.isfinite(float(metrics["d_loss"]))
    again, _ = original.step(resting, original.batch)
    assert digest(again.discriminator.params, step=0) != digest(before.params, step=0)


def test_both_updates_see_the_same_generated_targets(original, converged):
    """Where the discriminator rests, its verdict in both updates is one number.

    Other noise would move a mean logit by hundredths, another order of sums by 1e-6 in
    each layer.
    """
    state = original.after
    settled = jax.jit(lambda net: converged(original.parts, net))(state.discriminator)
    _, metrics = original.step(state.replace(discriminator=settled), original.batch)
    np.testing.assert_allclose(
        metrics["g_loss"], -metrics["fake_logit"], rtol=1e-3, atol=1e-4
    )
