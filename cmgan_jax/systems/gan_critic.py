"""What the discriminator learns, and what it and others tell the generator."""

import jax
import jax.numpy as jnp

from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.training import losses, rng
from cmgan_jax.training.state import (
    GanState,
    NetState,
    Tree,
    apply_evaluation,
    apply_gradients,
    apply_training,
)

Metrics = dict[str, jax.Array]


def discriminate(parts: GanParts, discriminator: NetState, params: Tree, kinds, code):
    """Logits of several kinds of targets with the same code, and new collections.

    One pass with one power iteration for all kinds: they take turns in its batch, so
    that a batch split over devices stays so.
    """
    count = len(kinds)
    targets = jnp.stack(kinds, 1).reshape(-1, *kinds[0].shape[1:])
    logits, collections = apply_training(
        parts.discriminator.clone(groups=count),
        discriminator,
        params,
        targets,
        jnp.repeat(code, count, axis=0),
    )
    return logits.reshape(-1, count).T, collections


def update_discriminator(
    parts: GanParts, state: GanState, *, real, judged
) -> tuple[NetState, Metrics]:
    """The discriminator after its update, or unchanged at a step it sits out."""
    fake, code = judged
    kinds = {"real": real["real"], "fake": fake, **real}
    kinds = {kind: _seen(parts, state, x, kind) for kind, x in kinds.items()}

    def loss_of(params):
        rows, collections = discriminate(
            parts, state.discriminator, params, list(kinds.values()), code
        )
        logits = dict(zip(kinds, rows, strict=True))
        loss = losses.discriminator_loss(
            parts.loss,
            **logits,
            fake_weight=parts.fake_weight,
            mismatched_weight=parts.mismatched_weight,
        )
        means = {f"{kind}_logit": row.mean() for kind, row in logits.items()}
        return loss, ({"d_loss": loss, **means}, collections)

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


def criticise(parts: GanParts, state: GanState, *, target, label, judged):
    """Gradient of the generator's loss in its output, D's collections, metrics."""
    fake, code = judged
    discriminator = state.discriminator

    def loss_of(fake):
        seen = _seen(parts, state, fake, "generated")
        (logits,), collections = discriminate(
            parts, discriminator, discriminator.params, [seen], code
        )
        adversarial = losses.generator_loss(parts.loss, logits)
        # Of the rows whose z is noise, no target is the right one.
        every = 2 if parts.posterior_weight else 1
        reconstruction = losses.reconstruction_loss(fake[::every], target[::every])
        metrics = {"g_loss": adversarial, "reconstruction": reconstruction}
        loss = adversarial + parts.reconstruction_weight * reconstruction
        if parts.recognises:
            # What pleases it in one place and at one level alone, no other
            # classifier believes.
            varied = parts.variation(fake, rng.stream(state.rng, "asked", state.step))
            metrics |= _recognised(parts, state, varied, code, label)
            loss += parts.classification_weight * metrics.get("classification", 0.0)
            loss += parts.pair_weight * metrics.get("pair", 0.0)
        return loss, (metrics, collections)

    gradient, (metrics, collections) = jax.grad(loss_of, has_aux=True)(fake)
    return gradient, collections, metrics


def _seen(parts: GanParts, state: GanState, x: jax.Array, kind: str) -> jax.Array:
    """Targets of one kind as the discriminator sees them."""
    if not parts.discriminator_varied:
        return x
    return parts.variation(x, rng.stream(state.rng, f"seen {kind}", state.step))


def _recognised(parts: GanParts, state: GanState, fake, code, label) -> Metrics:
    """What the run's own recogniser of targets finds in the generated ones."""
    module, variables = parts.target_recogniser, state.target_recogniser
    metrics = {}
    if parts.pair_weight:
        logits, place = apply_evaluation(module, variables, fake, method="recognise")
        source = apply_evaluation(module, state.source_pair, code, method="place")
        metrics["pair"] = losses.pair_loss(place, source)
    else:
        logits = apply_evaluation(module, variables, fake)
    if parts.classification_weight:
        metrics["classification"] = losses.classification_loss(logits, label)
    return metrics
