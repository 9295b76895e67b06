"""What the discriminator learns, and what it and others tell the generator."""

import jax

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.discriminate import Metrics, discriminate, learn_at_times
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.systems.note_phase import note_loss
from cmgan_jax.training import losses, rng
from cmgan_jax.training.augmentation import noise
from cmgan_jax.training.batch import Batch
from cmgan_jax.training.state import (
    GanState,
    NetState,
    apply_evaluation,
)

NOISE = 0.1  # largest deviation of what is added before notes are read off, on [-1, 1]


def update_discriminator(
    parts: GanParts, state: GanState, *, real, judged
) -> tuple[NetState, Metrics]:
    """The discriminator after its update, or unchanged at a step it sits out."""
    fake, condition = judged
    kinds = {"real": real["real"], "fake": fake, **real}
    kinds = {kind: _seen(parts, state, x, kind) for kind, x in kinds.items()}

    def loss_of(params):
        pairs = [(target, condition) for target in kinds.values()]
        rows, collections = discriminate(
            parts.discriminator, state.discriminator, params, pairs
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

    return learn_at_times(
        state.discriminator,
        loss_of,
        parts.discriminator_optimizer,
        step=state.step,
        every=parts.discriminator_every,
    )


def criticise(parts: GanParts, state: GanState, *, batch: Batch, judged):
    """Gradient of the generator's loss in its output, D's collections, metrics."""
    fake, condition = judged
    target = to_unit(batch[parts.direction.target])
    discriminator = state.discriminator

    def loss_of(fake):
        seen = _seen(parts, state, fake, "generated")
        (logits,), collections = discriminate(
            parts.discriminator,
            discriminator,
            discriminator.params,
            [(seen, condition)],
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
            code = parts.code(condition)
            metrics |= _recognised(parts, state, varied, code, batch["label"])
            loss += parts.classification_weight * metrics.get("classification", 0.0)
            loss += parts.pair_weight * metrics.get("pair", 0.0)
        if parts.note_weight:
            varied = noise(
                fake, rng.stream(state.rng, "noted", state.step), level=NOISE
            )
            metrics["note"] = note_loss(
                state.target_readers, varied, batch["label"], batch["pitch"]
            )
            loss += parts.note_weight * metrics["note"]
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
