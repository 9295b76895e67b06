"""What helps the generator beside the discriminator, and the averages it leaves."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.prior import moved
from cmgan_jax.training import rng
from cmgan_jax.training.state import NetState, apply_evaluation, apply_training


def assert_close(actual, expected):
    """Equal up to rounding errors of the largest number of each array."""
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    pairs = zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True)
    for one, other in pairs:
        scale = max(np.abs(other).max(), 1e-3)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3 * scale)


def first_noise(update):
    return jax.random.normal(
        rng.stream(update.before.rng, "z", 0), (8, update.parts.z_size)
    )


def shaped(prior, noise):
    """Noise with a prior's moments, or as it is where there is no prior."""
    return noise if prior is None else prior["mean"][None] + noise @ prior["factor"].T


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
            parts.generator, before.generator, params, code, first_noise(helped)
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


def collections_of(variables) -> dict:
    return {name: variables[name] for name in variables if name != "params"}


def statistics(update, trunk):
    """BatchNorm statistics of averaged weights on features of some encoder."""
    parts, before, averaged = update.parts, update.before, update.after.averaged

    def with_weights(name):
        return NetState(
            params=averaged[name]["params"],
            collections=collections_of(before.averaged[name]),
        )

    @jax.jit
    def compute():
        source = to_unit(jnp.asarray(update.batch["sound"]))
        encoder, generator = with_weights("encoder"), with_weights("generator")
        features = apply_evaluation(parts.encoder, trunk, source, method="features")
        code, encoder_statistics = apply_training(
            parts.encoder, encoder, encoder.params, features, method="code"
        )
        z = shaped(update.after.prior, first_noise(update))
        _, generator_statistics = apply_training(
            parts.generator, generator, generator.params, code, z
        )
        return encoder_statistics, generator_statistics

    return compute()


def test_averaged_weights_have_statistics_of_their_own(default):
    averaged = default.after.averaged
    expected = statistics(default, default.before.encoder.variables)
    for name, collections in zip(("encoder", "generator"), expected, strict=True):
        assert_close({"batch_stats": averaged[name]["batch_stats"]}, collections)


def test_averaged_weights_have_the_statistics_of_noise_alone(listening):
    """At test time every z is the prior's; singular vectors are their own, too."""
    averaged = listening.after.averaged
    _, expected = statistics(listening, listening.before.encoder.variables)
    assert set(expected) == {"batch_stats", "spectral_stats"}
    assert_close(collections_of(averaged["generator"]), expected)


def test_the_recogniser_is_asked_about_varied_targets(helped, make_update):
    """Under much noise it sees something else in the same generated targets."""
    fields = {"gan.classification_weight": 2.0, "gan.conditioning": "encoder"}
    varied = make_update(**fields, **{"variation.image.noise": 20.0}).metrics
    same, other = "reconstruction", "classification"
    np.testing.assert_allclose(varied[same], helped.metrics[same], rtol=1e-5)
    assert abs(float(varied[other]) - float(helped.metrics[other])) > 1e-4


def test_the_discriminator_sees_varied_targets_where_it_should(helped, make_update):
    """Under much noise its logits change, of every kind; what is generated does not."""
    fields = {"gan.classification_weight": 2.0, "gan.conditioning": "encoder"}
    noisy = {"variation.image.noise": 20.0, "gan.discriminator_varied": True}
    varied = make_update(**fields, **noisy).metrics
    same = "reconstruction"
    np.testing.assert_allclose(varied[same], helped.metrics[same], rtol=1e-5)
    for name in ("real_logit", "fake_logit", "mismatched_logit", "g_loss"):
        assert abs(float(varied[name]) - float(helped.metrics[name])) > 1e-4, name


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


def test_half_of_a_batch_is_made_with_what_the_posterior_finds(listening):
    """z, divergence, reconstruction and the posterior's gradient, written out."""
    parts, before = listening.parts, listening.before
    source, target = (
        to_unit(jnp.asarray(listening.batch[name])) for name in ("sound", "image")
    )
    noise = first_noise(listening)
    even = (np.arange(8) % 2 == 0)[:, None]

    def made(params):
        encoder = before.encoder
        features = apply_evaluation(
            parts.encoder, encoder.variables, source, method="features"
        )
        code, _ = apply_training(
            parts.encoder, encoder, encoder.params, features, method="code"
        )
        (mean, log_variance), _ = apply_training(
            parts.posterior, before.posterior, params, target, code
        )
        other = shaped(before.prior, noise)
        z = jnp.where(even, mean + jnp.exp(log_variance / 2) * noise, other)
        fake, _ = apply_training(
            parts.generator, before.generator, before.generator.params, code, z
        )
        spread = jnp.exp(log_variance) + mean**2 - 1.0 - log_variance
        return fake, code, (mean, log_variance), 0.5 * spread.sum(-1).mean()

    def loss_of(params):
        fake, code, moments, divergence = made(params)
        error = jnp.abs(fake - target)[::2].mean()
        # The vectors are those that the discriminator's own update has left.
        judge, network = parts.discriminator, before.discriminator
        _, between = apply_training(judge, network, network.params, target, code)
        network = listening.after.discriminator.replace(collections=between)
        fixed = jax.lax.stop_gradient(code)
        logits, _ = apply_training(judge, network, network.params, fake, fixed)
        pair = pair_loss_of(parts, before, fake, fixed)
        loss = 10.0 * error - logits.mean() + 3.0 * pair + 0.25 * divergence
        return loss, (error, divergence, pair, moved(before.prior, *moments))

    written_out = jax.jit(jax.grad(loss_of, has_aux=True))
    gradient, (error, divergence, pair, prior) = written_out(before.posterior.params)
    metrics = listening.metrics
    np.testing.assert_allclose(metrics["reconstruction"], error, rtol=1e-4)
    np.testing.assert_allclose(metrics["divergence"], divergence, rtol=1e-4)
    np.testing.assert_allclose(metrics["pair"], pair, rtol=1e-3)
    assert_close(listening.after.posterior.opt_state, gradient)
    assert_close(listening.after.prior, prior)


def pair_loss_of(parts, state, fake, code):
    """InfoNCE both ways by hand, of targets as the recogniser places them."""
    module = parts.target_recogniser
    features = module.apply(
        state.target_recogniser,
        fake,
        method=lambda m, x: m.encoder.features(x, train=False),
    )
    encoded = module.apply(
        state.target_recogniser,
        features,
        method=lambda m, x: m.encoder.code(x, train=False),
    )
    places = []
    for variables, some in (
        (state.target_recogniser, encoded),
        (state.source_pair, code),
    ):
        layer = variables["params"]["pair"]
        place = some @ layer["kernel"] + layer["bias"][None]
        places.append(place / jnp.linalg.norm(place, axis=-1, keepdims=True))
    cosines = places[0] @ places[1].T / 0.1
    own = jnp.diag(cosines)
    ways = [jax.nn.logsumexp(cosines, axis) - own for axis in (0, 1)]
    return (ways[0].mean() + ways[1].mean()) / 2


def test_noise_alone_makes_every_row_without_a_posterior(default):
    assert default.after.posterior is None and "divergence" not in default.metrics
