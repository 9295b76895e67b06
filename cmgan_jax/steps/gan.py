"""One update of discriminator and generator (SA-CMGAN, algorithm of section 3).

The source is encoded once and the generator runs forward once: the discriminator
learns from the generated targets first, then its verdict is pulled back through the
same forward pass into the generator and, where it is trained, the encoder.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from cmgan_jax import losses, rng
from cmgan_jax.representation import to_unit
from cmgan_jax.state import (
    GanState,
    NetState,
    Tree,
    apply_gradients,
    apply_training,
    moving_average,
    new_network,
)

Batch = Mapping[str, Any]
Metrics = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Conditioning:
    """What the adversarial losses do to the encoder.

    Attributes:
      trained: top-level names of the encoder's parameters that the generator's loss
        trains; empty for none.
      batch_statistics: whether the trunk normalises with the batch's statistics and
        moves its averages (the reference does) instead of using the averages.
    """

    trained: tuple[str, ...]
    batch_statistics: bool


@dataclasses.dataclass(frozen=True)
class GanParts:
    """Everything static about one system's update.

    Attributes:
      encoder: has methods features(x, train) and code(features, train).
      generator: maps (code [b 64], z [b q]) to [b h w c] in (-1, 1).
      discriminator: maps (x [b h w c], code) to logits [b].
      generator_optimizer: updates generator and encoder.
      discriminator_optimizer: updates the discriminator.
      conditioning: what the losses do to the encoder.
      loss: the adversarial loss.
      fake_weight: weight of generated pairs in the discriminator's loss.
      mismatched_weight: weight of mismatched pairs in the discriminator's loss.
      reconstruction_weight: weight of the mean absolute error of the generated target.
      discriminator_every: the discriminator learns at every n-th step (from step 0).
      one_pass: whether real, fake and mismatched pairs may share one pass of the
        discriminator: only if it holds no BatchNorm, which would mix them.
      z_size: size of the noise vector z.
      average_decay: decay of the moving averages used to generate; 0 keeps none.
    """

    encoder: nn.Module
    generator: nn.Module
    discriminator: nn.Module
    generator_optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    conditioning: Conditioning
    loss: losses.AdversarialLoss
    fake_weight: float
    mismatched_weight: float
    reconstruction_weight: float
    discriminator_every: int
    one_pass: bool
    z_size: int
    average_decay: float


def init_state(
    parts: GanParts,
    *,
    root: jax.Array,
    encoder_variables: Tree,
    target_shape: tuple[int, int, int],
) -> GanState:
    """A fresh state; call it under jit.

    Args:
      parts: the system's update.
      root: key of the run.
      encoder_variables: the encoder after the classifier phase.
      target_shape: [h w c] of one target.
    """
    encoder = new_network(
        encoder_variables,
        parts.generator_optimizer,
        trained=parts.conditioning.trained,
    )
    code = jnp.zeros((1, parts.encoder.code_size), jnp.float32)
    z = jnp.zeros((1, parts.z_size), jnp.float32)
    target = jnp.zeros((1, *target_shape), jnp.float32)
    generator = parts.generator.init(
        rng.stream(root, "generator", 0), code, z, train=False
    )
    discriminator = parts.discriminator.init(
        rng.stream(root, "discriminator", 0), target, code, train=False
    )
    state = GanState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        encoder=encoder,
        generator=new_network(generator, parts.generator_optimizer),
        discriminator=new_network(discriminator, parts.discriminator_optimizer),
    )
    if parts.average_decay:
        state = state.replace(averaged=jax.tree.map(jnp.copy, state.inference))
    return state


def make_step(
    parts: GanParts,
) -> Callable[[GanState, Batch], tuple[GanState, Metrics]]:
    """Builds the update.

    Returns:
      (state, batch) -> (new state, metrics); the batch holds "source", "target" and
      "mismatched", uint8 [b h w c] (see data.order for how they are drawn).
    """

    def step(state, batch):
        source = to_unit(batch["source"])
        target = to_unit(batch["target"])
        mismatched = to_unit(batch["mismatched"])
        z_key = rng.stream(state.rng, "z", state.step)
        z = jax.random.normal(z_key, (source.shape[0], parts.z_size))

        code, pull_code, encoder_collections = _encode(parts, state.encoder, source)
        fake, pull_fake, generator_collections = _generate(parts, state, code, z)
        judged = jax.lax.stop_gradient((fake, code))
        discriminator, discriminator_metrics = _update_discriminator(
            parts, state, target=target, mismatched=mismatched, judged=judged
        )
        fake_gradient, collections, generator_metrics = _judge_generated(
            parts, discriminator, target=target, judged=judged
        )

        generator_gradient, code_gradient = pull_fake(fake_gradient)
        (encoder_gradient,) = pull_code(code_gradient)
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
        )
        return _average(parts, state), {**discriminator_metrics, **generator_metrics}

    return step


def _encode(parts: GanParts, encoder: NetState, source: jax.Array):
    """The code, its pull-back onto the trained parameters, and new collections."""
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
        return apply_training(
            parts.encoder, halfway, params, features, train=learns, method="code"
        )

    trained = {name: encoder.params[name] for name in conditioning.trained}
    return jax.vjp(encode, trained, has_aux=True)


def _generate(parts: GanParts, state: GanState, code: jax.Array, z: jax.Array):
    """Generated targets, their pull-back onto (params, code), new collections."""

    def generate(params, code):
        return apply_training(parts.generator, state.generator, params, code, z)

    return jax.vjp(generate, state.generator.params, code, has_aux=True)


def _discriminate(
    parts: GanParts, discriminator: NetState, params: Tree, pictures, code
):
    """Logits of several batches of targets with the same code, new collections."""
    if parts.one_pass:
        codes = jnp.concatenate([code] * len(pictures))
        logits, collections = apply_training(
            parts.discriminator, discriminator, params, jnp.concatenate(pictures), codes
        )
        return jnp.split(logits, len(pictures)), collections
    all_logits = []
    for batch in pictures:
        logits, collections = apply_training(
            parts.discriminator, discriminator, params, batch, code
        )
        discriminator = discriminator.replace(collections=collections)
        all_logits.append(logits)
    return all_logits, discriminator.collections


def _update_discriminator(
    parts: GanParts, state: GanState, *, target, mismatched, judged
) -> tuple[NetState, Metrics]:
    """The discriminator after its update, or unchanged at a step it sits out."""
    fake, code = judged

    def loss_of(params):
        (real_logits, fake_logits, mismatched_logits), collections = _discriminate(
            parts, state.discriminator, params, [target, fake, mismatched], code
        )
        loss = losses.discriminator_loss(
            parts.loss,
            real=real_logits,
            fake=fake_logits,
            mismatched=mismatched_logits,
            fake_weight=parts.fake_weight,
            mismatched_weight=parts.mismatched_weight,
        )
        metrics = {
            "d_loss": loss,
            "real_logit": real_logits.mean(),
            "fake_logit": fake_logits.mean(),
            "mismatched_logit": mismatched_logits.mean(),
        }
        return loss, (metrics, collections)

    def learn(discriminator):
        gradients, (metrics, collections) = jax.grad(loss_of, has_aux=True)(
            discriminator.params
        )
        updated = apply_gradients(
            discriminator, gradients, parts.discriminator_optimizer
        )
        return updated.replace(collections=collections), metrics

    def sit_out(discriminator):
        _, (metrics, _) = loss_of(discriminator.params)
        return discriminator, metrics

    if parts.discriminator_every == 1:
        return learn(state.discriminator)
    learns = state.step % parts.discriminator_every == 0
    return jax.lax.cond(learns, learn, sit_out, state.discriminator)


def _judge_generated(parts: GanParts, discriminator: NetState, *, target, judged):
    """Gradient of the generator's loss in its output, D's collections, metrics."""
    fake, code = judged

    def loss_of(fake):
        (logits,), collections = _discriminate(
            parts, discriminator, discriminator.params, [fake], code
        )
        loss = losses.generator_loss(parts.loss, logits)
        reconstruction = losses.reconstruction_loss(fake, target)
        metrics = {"g_loss": loss, "reconstruction": reconstruction}
        return loss + parts.reconstruction_weight * reconstruction, (
            metrics,
            collections,
        )

    gradient, (metrics, collections) = jax.grad(loss_of, has_aux=True)(fake)
    return gradient, collections, metrics


def _average(parts: GanParts, state: GanState) -> GanState:
    if not parts.average_decay:
        return state
    current = state.replace(averaged=None).inference
    # A young average forgets its random start: decay rises with the count of steps.
    steps = state.step.astype(jnp.float32)
    decay = jnp.minimum(parts.average_decay, (1.0 + steps) / (10.0 + steps))
    return state.replace(averaged=moving_average(state.averaged, current, decay=decay))
