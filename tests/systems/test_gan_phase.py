"""The adversarial update against its parts written out plainly."""

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.runtime import devices
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.training import losses, rng
from cmgan_jax.training.state import apply_training


def identical(first, second) -> bool:
    return jax.tree.all(jax.tree.map(np.array_equal, first, second))


def assert_close(actual, expected, *, share=1e-4):
    """Equal up to a share of the largest number of the same array.

    Sums in another order differ by rounding errors of their largest terms, so a number
    near zero is known no better than its neighbours. What is zero but for rounding (the
    gradient of a bias before BatchNorm) has no such neighbours: hence 1e-5.
    """
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for one, other in zip(
        jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True
    ):
        atol = 1e-5 + share * np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def test_only_the_code_layer_of_the_encoder_is_trained(default):
    before, after = default.before.encoder, default.after.encoder
    for name in ("trunk", "hidden", "features"):
        assert identical(before.params[name], after.params[name])
        averages = (net.collections["batch_stats"][name] for net in (before, after))
        assert identical(*averages)
    assert not identical(before.params["code"], after.params["code"])
    moved = after.collections["batch_stats"]["code"]
    assert not identical(before.collections["batch_stats"]["code"], moved)


def test_untrained_conditioning_moves_averages_alone(original):
    before, after = original.before.encoder, original.after.encoder
    assert identical(before.params, after.params)
    assert not identical(before.collections, after.collections)
    assert after.opt_state is None and original.after.averaged is None


def test_every_network_moves_by_its_own_gradient_alone(default):
    """What `test_gradients_...` compares is all that moves the parameters."""
    for name in ("generator", "discriminator"):
        before, after = (getattr(s, name) for s in (default.before, default.after))
        assert not identical(before.params, after.params)
        expected = jax.tree.map(
            lambda old, gradient: old - 0.1 * gradient, before.params, after.opt_state
        )
        assert_close(after.params, expected, share=1e-6)
    assert int(default.after.step) == 1
    assert identical(
        *(jax.random.key_data(s.rng) for s in (default.before, default.after))
    )


def test_gradients_are_those_of_the_losses_written_out(default):
    parts, before, after = default.parts, default.before, default.after
    source, target, mismatched = (
        to_unit(jnp.asarray(default.batch[name]))
        for name in ("sound", "image", "mismatched_image")
    )
    z_key = rng.stream(before.rng, "z", before.step)
    z = jax.random.normal(z_key, (8, parts.z_size))

    def encode(trained):
        params = {**before.encoder.params, **trained}
        variables = {"params": params, **before.encoder.collections}
        features = parts.encoder.apply(
            variables, source, train=False, method="features"
        )
        code, _ = parts.encoder.apply(
            variables, features, train=True, method="code", mutable=["batch_stats"]
        )
        return code

    def generate(params, code):
        return apply_training(parts.generator, before.generator, params, code, z)[0]

    def judge(network, params, x, code):
        return apply_training(parts.discriminator, network, params, x, code)[0]

    def d_loss(params, fake, code):
        return losses.discriminator_loss(
            parts.loss,
            real=judge(before.discriminator, params, target, code),
            fake=judge(before.discriminator, params, fake, code),
            mismatched=judge(before.discriminator, params, mismatched, code),
        )

    def g_loss(trained, params):
        code = encode(trained)
        fake = generate(params, code)
        fixed = jax.lax.stop_gradient(code)
        # The vectors are those the discriminator's own update has left.
        _, between = apply_training(
            parts.discriminator, before.discriminator, before.discriminator.params,
            target, fixed,
        )  # fmt: skip
        network = after.discriminator.replace(collections=between)
        logits = judge(network, after.discriminator.params, fake, fixed)
        return losses.generator_loss(parts.loss, logits) + 10.0 * jnp.mean(
            jnp.abs(fake - target)
        )

    @jax.jit
    def written_out():
        trained = {"code": before.encoder.params["code"]}
        code = encode(trained)
        fake = generate(before.generator.params, code)
        discriminator = jax.grad(d_loss)(before.discriminator.params, fake, code)
        encoder, generator = jax.grad(g_loss, argnums=(0, 1))(
            trained, before.generator.params
        )
        error = jnp.mean(jnp.abs(fake - target))
        return discriminator, encoder, generator, error

    discriminator, encoder, generator, error = written_out()
    np.testing.assert_allclose(default.metrics["reconstruction"], error, rtol=1e-5)
    assert_close(after.discriminator.opt_state, discriminator)
    assert_close(after.encoder.opt_state, encoder)
    assert_close(after.generator.opt_state, generator)


def test_the_average_follows_at_its_own_pace(default):
    before, after = default.before, default.after
    assert identical(before.averaged["generator"], before.generator.variables)
    decay = (1 + 1) / (10 + 1)  # a young average moves fast
    for name in ("encoder", "generator"):
        expected = jax.tree.map(
            lambda old, new: decay * old + (1 - decay) * new,
            before.averaged[name]["params"],
            getattr(after, name).params,
        )
        assert_close(after.averaged[name]["params"], expected, share=1e-5)
    assert after.inference is after.averaged


def test_one_device_and_four_compute_the_same(default):
    mesh = devices.data_mesh()
    assert mesh.size == 4
    spread = jax.device_put(default.before, devices.replicated(mesh))
    after, metrics = default.step(spread, devices.to_devices(default.batch, mesh))
    assert_close(metrics, default.metrics)
    for name in ("encoder", "generator", "discriminator"):
        one, four = getattr(default.after, name), getattr(after, name)
        assert_close(four.opt_state, one.opt_state, share=1e-3)
        assert_close(four.collections, one.collections)
