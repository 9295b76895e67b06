"""One update of discriminator and generator (SA-CMGAN, algorithm of section 3).

The source is encoded once and the generator runs forward once: the discriminator
learns from the generated targets first, then its verdict is pulled back through the
same forward pass into the generator and, where they are trained, into the posterior and
the encoder.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems import prior
from cmgan_jax.systems.discriminate import Metrics
from cmgan_jax.systems.gan_average import average
from cmgan_jax.systems.gan_critic import criticise, update_discriminator
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.systems.interface import Shape
from cmgan_jax.training import losses, rng
from cmgan_jax.training.batch import MISMATCHED, Batch
from cmgan_jax.training.state import (
    GanState,
    NetState,
    Tree,
    apply_gradients,
    apply_training,
    new_network,
)


def init_state(
    parts: GanParts,
    *,
    root: Key[Array, ""],
    encoder_variables: Tree,
    target_shape: Shape,
    target_recogniser: Tree | None = None,
    source_pair: Tree | None = None,
    target_readers: Tree | None = None,
) -> GanState:
    """A fresh state; call it under jit.

    Args:
      parts: the system's update.
      root: key of the run.
      encoder_variables: the encoder after the recogniser phase.
      target_shape: [h w c] of one target.
      target_recogniser: see `GanState`.
      source_pair: see `GanState`.
      target_readers: see `GanState`.
    """
    condition = jnp.zeros((1, parts.condition_size), jnp.float32)
    z = jnp.zeros((1, parts.z_size), jnp.float32)
    target = jnp.zeros((1, *target_shape), jnp.float32)

    def fresh(module, name, *inputs):
        return module.init(rng.stream(root, name, 0), *inputs, train=False)

    learns = parts.generator_optimizer
    posterior = None
    if parts.posterior_weight:
        variables = fresh(parts.posterior, "posterior", target, condition)
        posterior = new_network(variables, learns)
    state = GanState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        encoder=new_network(
            encoder_variables, learns, trained=parts.conditioning.trained
        ),
        generator=new_network(
            fresh(parts.generator, "generator", condition, z), learns
        ),
        discriminator=new_network(
            fresh(parts.discriminator, "discriminator", target, condition),
            parts.discriminator_optimizer,
        ),
        posterior=posterior,
        target_recogniser=target_recogniser,
        source_pair=source_pair,
        target_readers=target_readers,
    )
    if parts.average_decay:
        state = state.replace(averaged=jax.tree.map(jnp.copy, state.raw))
    if parts.prior_learnt:
        state = state.replace(prior=prior.new_prior(parts.z_size))
    return state


def make_step(
    parts: GanParts,
) -> Callable[[GanState, Batch], tuple[GanState, Metrics]]:
    """Builds the update.

    Returns:
      (state, batch) -> (new state, metrics); the batch holds what `parts.needs` names,
      uint8 [b h w c], "label", int32 [b], and "pitch", float32 [b], if it is needed.
    """
    direction = parts.direction

    def step(state, batch):
        source = to_unit(batch[direction.source])
        real = {"real": to_unit(batch[direction.target])}
        if parts.mismatched_weight:
            real["mismatched"] = to_unit(batch[MISMATCHED + direction.target])
        z_key = rng.stream(state.rng, "z", state.step)
        noise = jax.random.normal(z_key, (source.shape[0], parts.z_size))

        code, pull_code, (features, encoder_collections) = _encode(
            parts, state.encoder, source
        )
        pitch = batch.get("pitch")
        condition = parts.condition(code, pitch)
        z, learn_posterior, divergence = _choose_z(
            parts, state, target=real["real"], condition=condition, noise=noise
        )
        fake, pull_fake, generator_collections = _generate(parts, state, condition, z)
        judged = jax.lax.stop_gradient((fake, condition))
        discriminator, discriminator_metrics = update_discriminator(
            parts, state, real=real, judged=judged
        )
        fake_gradient, collections, generator_metrics = criticise(
            parts,
            state.replace(discriminator=discriminator),
            batch=batch,
            judged=judged,
        )

        generator_gradient, through_fake, z_gradient = pull_fake(fake_gradient)
        posterior, moved, through_z = learn_posterior(z_gradient)
        (encoder_gradient,) = pull_code(parts.code(through_fake + through_z))
        optimizer = parts.generator_optimizer
        generator = apply_gradients(state.generator, generator_gradient, optimizer)
        encoder = state.encoder
        if parts.conditioning.trained:
            encoder = apply_gradients(encoder, encoder_gradient, optimizer)
        state = state.replace(
            step=state.step + 1,
            encoder=encoder.replace(collections=encoder_collections),
            generator=generator.replace(collections=generator_collections),
            discriminator=discriminator.replace(collections=collections),
            posterior=posterior,
            prior=moved,
        )
        # At test time every z is the prior's, and the statistics are those of its z.
        state = average(
            parts,
            state,
            source=source,
            features=features,
            pitch=pitch,
            z=prior.from_noise(moved, noise),
        )
        return state, {**discriminator_metrics, **divergence, **generator_metrics}

    return step


def _encode(parts: GanParts, encoder: NetState, source: jax.Array):
    """The code, its pull-back onto what is trained, features and new collections."""
    conditioning = parts.conditioning
    learns = conditioning.batch_statistics or bool(conditioning.trained)

    def encode(trained):
        params = {**encoder.params, **trained}
        features, collections = apply_training(
            parts.encoder,
            encoder,
            params,
            source,
            train=conditioning.batch_statistics,
            method="features",
        )
        halfway = encoder.replace(collections=collections)
        code, collections = apply_training(
            parts.encoder, halfway, params, features, train=learns, method="code"
        )
        return code, (features, collections)

    trained = {name: encoder.params[name] for name in conditioning.trained}
    return jax.vjp(encode, trained, has_aux=True)


def _choose_z(
    parts: GanParts,
    state: GanState,
    *,
    target: Float[Array, "b h w c"],
    condition: Float[Array, "b p"],
    noise: Float[Array, "b q"],
):
    """z of the prior in odd rows; in even ones what the posterior finds in the target.

    Returns:
      z, gradient in z -> (posterior and prior after their update, gradient in the
      condition), and metrics. Without a posterior every row is noise.
    """
    posterior = state.posterior
    if posterior is None:
        return noise, lambda gradient: (None, None, jnp.zeros_like(condition)), {}
    drawn = prior.from_noise(state.prior, noise)

    def choose(params, condition):
        (mean, log_variance), collections = apply_training(
            parts.posterior, posterior, params, target, condition
        )
        z = mean + jnp.exp(0.5 * log_variance) * noise
        even = (jnp.arange(noise.shape[0]) % 2 == 0)[:, None]
        divergence = losses.divergence(mean, log_variance)
        found = (collections, mean, log_variance)
        return (jnp.where(even, z, drawn), divergence), found

    (z, divergence), pull, (collections, *moments) = jax.vjp(
        choose, posterior.params, condition, has_aux=True
    )

    def learn(z_gradient):
        weight = jnp.float32(parts.posterior_weight)
        gradient, through_condition = pull((z_gradient, weight))
        updated = apply_gradients(posterior, gradient, parts.generator_optimizer)
        moved = prior.moved(state.prior, *moments) if parts.prior_learnt else None
        return updated.replace(collections=collections), moved, through_condition

    return z, learn, {"divergence": divergence}


def _generate(parts: GanParts, state: GanState, condition: jax.Array, z: jax.Array):
    """Targets, their pull-back onto (params, condition, z), new collections."""

    def generate(params, condition, z):
        return apply_training(parts.generator, state.generator, params, condition, z)

    return jax.vjp(generate, state.generator.params, condition, z, has_aux=True)
