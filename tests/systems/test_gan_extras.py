"""What helps the generator beside the discriminator, and the averages it leaves."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.training import rng
from cmgan_jax.training.state import NetState, apply_evaluation, apply_training


def assert_close(actual, expected):
    """Equal up to rounding errors of the largest number of each array."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    pairs = zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True)
    for one, other in pairs:
        scale = max(np.abs(other).max(), 1e-3)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3 * scale)


def first_z(update):
    return jax.random.normal(
        rng.stream(update.before.rng, "z", 0), (8, update.parts.z_size)
    )


def test_the_recogniser_of_targets_pulls_the_generator_and_stays(helped, default):
    """The generator's gradient differs from the plain one by the cross-entropy's."""
    parts, before = helped.parts, helped.before
    jax.tree.map(
        np.testing.assert_array_equal,
        (before.target_recogniser, before.generator.params),
        (helped.after.target_recogniser, default.before.generator.params),
    )

    def cross_entropy(params):
        source = to_unit(jnp.asarray(helped.batch["sound"]))
        features = apply_evaluation(
            parts.encoder, before.encoder.variables, source, method="features"
        )
        encoder = before.encoder
        code, _ = apply_training(
            parts.encoder, encoder, encoder.params, features, method="code"
        )
        fake, _ = apply_training(
            parts.generator, before.generator, params, code, first_z(helped)
        )
        logits = apply_evaluation(
            parts.target_recogniser, before.target_recogniser, fake
        )
        label = helped.batch["label"]
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, label)
        return losses.mean()

    loss, gradient = jax.jit(jax.value_and_grad(cross_entropy))(before.generator.params)
    assert float(helped.metrics["classification"]) == pytest.approx(float(loss), 1e-4)
    assert "classification" not in default.metrics
    pulled, plain = (u.after.generator.opt_state for u in (helped, default))
    flat = [
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])
        for tree in (pulled, plain, gradient)
    ]
    difference, expected = flat[0] - flat[1], 2.0 * flat[2]
    # Small beside the reconstruction's pull, so rounding shows: compared as a whole.
    error = np.linalg.norm(difference - expected) / np.linalg.norm(expected)
    assert error < 0.02


def statistics(update, trunk):
    """BatchNorm statistics of averaged weights on features of some encoder."""
    parts, before, averaged = update.parts, update.before, update.after.averaged

    def with_weights(name):
        return NetState(
            params=averaged[name]["params"],
            collections={"batch_stats": before.averaged[name]["batch_stats"]},
        )

    @jax.jit
    def compute():
        source = to_unit(jnp.asarray(update.batch["sound"]))
        encoder, generator = with_weights("encoder"), with_weights("generator")
        features = apply_evaluation(parts.encoder, trunk, source, method="features")
        code, encoder_statistics = apply_training(
            parts.encoder, encoder, encoder.params, features, method="code"
        )
        _, generator_statistics = apply_training(
            parts.generator, generator, generator.params, code, first_z(update)
        )
        return encoder_statistics, generator_statistics

    return compute()


def test_averaged_weights_have_statistics_of_their_own(default):
    averaged = default.after.averaged
    expected = statistics(default, default.before.encoder.variables)
    for name, collections in zip(("encoder", "generator"), expected, strict=True):
        assert_close({"batch_stats": averaged[name]["batch_stats"]}, collections)


def test_the_statistics_of_an_averaged_trunk_are_of_its_own_features(helped):
    """Where the trunk is trained too, its average differs from it."""
    averaged = helped.after.averaged
    trunk = {
        "params": averaged["encoder"]["params"],
        "batch_stats": helped.before.averaged["encoder"]["batch_stats"],
    }
    encoder, generator = statistics(helped, trunk)
    actual = averaged["encoder"]["batch_stats"]["code"]
    assert_close(actual, encoder["batch_stats"]["code"])
    assert_close({"batch_stats": averaged["generator"]["batch_stats"]}, generator)
    of_the_unaveraged, _ = statistics(helped, helped.after.encoder.variables)
    with pytest.raises(AssertionError):
        assert_close(actual, of_the_unaveraged["batch_stats"]["code"])


def test_the_whole_encoder_is_trained_where_asked(helped):
    before, after = helped.before.encoder.params, helped.after.encoder.params
    for part in ("trunk", "hidden", "features", "code"):
        same = jax.tree.map(np.array_equal, before[part], after[part])
        assert not jax.tree.all(same), part
