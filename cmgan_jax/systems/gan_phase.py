"""One update of discriminator and generator (SA-CMGAN, algorithm of section 3).

The source is encoded once and the generator runs forward once: the discriminator
learns from the generated targets first, then its verdict is pulled back through the
same forward pass into the generator and, where it is trained, the encoder.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.gan_parts import GanParts
from cmgan_jax.systems.interface import Shape
from cmgan_jax.training import losses, rng
from cmgan_jax.training.batch import MISMATCHED, Batch
from cmgan_jax.training.state import (
    GanState,
    NetState,
    Tree,
    apply_evaluation,
    apply_gradients,
    apply_training,
    moving_average,
    new_network,
)

Metrics = dict[str, jax.Array]


def init_state(
    parts: GanParts,
    *,
    root: jax.Array,
    encoder_variables: Tree,
    target_shape: Shape,
    target_recogniser: Tree | None = None,
) -> GanState:
    """A fresh state; call it under jit.

    Args:
      parts: the system's update.
      root: key of the run.
      encoder_variables: the encoder after the classifier phase.
      target_shape: [h w c] of one target.
      target_recogniser: variables of the recogniser of targets after its phase, where
        the generator has a classification loss; else None.
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
        target_recogniser=target_recogniser,
    )
    if parts.average_decay:
        state = state.replace(averaged=jax.tree.map(jnp.copy, state.inference))
    return state


def make_step(
    parts: GanParts,
) -> Callable[[GanState, Batch], tuple[GanState, Metrics]]:
    """Builds the update.

    Returns:
      (state, batch) -> (new state, metrics); the batch holds what `parts.needs` names,
      uint8 [b h w c], and "label", int32 [b].
    """
    direction = parts.direction

    def step(state, batch):
        source = to_unit(batch[direction.source])
        real = {"real": to_unit(batch[direction.target])}
        if parts.mismatched_weight:
            real["mismatched"] = to_unit(batch[MISMATCHED + direction.target])
        z_key = rng.stream(state.rng, "z", state.step)
        z = jax.random.normal(z_key, (source.shape[0], parts.z_size))

        code, pull_code, (features, encoder_collections) = _encode(
            parts, state.encoder, source
        )
        fake, pull_fake, generator_collections = _generate(parts, state, code, z)
        judged = jax.lax.stop_gradient((fake, code))
        discriminator, discriminator_metrics = _update_discriminator(
            parts, state, real=real, judged=judged
        )
        fake_gradient, collections, generator_metrics = _criticise(
            parts,
            state.replace(discriminator=discriminator),
            target=real["real"],
            label=batch["label"],
            judged=judged,
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
        state = _average(parts, state, source=source, features=features, z=z)
        return state, {**discriminator_metrics, **generator_metrics}

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


def _generate(parts: GanParts, state: GanState, code: jax.Array, z: jax.Array):
    """Generated targets, their pull-back onto (params, code), new collections."""

    def generate(params, code):
        return apply_training(parts.generator, state.generator, params, code, z)

    return jax.vjp(generate, state.generator.params, code, has_aux=True)


def _discriminate(parts: GanParts, discriminator: NetState, params: Tree, kinds, code):
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


def _update_discriminator(
    parts: GanParts, state: GanState, *, real, judged
) -> tuple[NetState, Metrics]:
    """The discriminator after its update, or unchanged at a step it sits out."""
    fake, code = judged
    kinds = {"real": real["real"], "fake": fake, **real}

    def loss_of(params):
        rows, collections = _discriminate(
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


def _criticise(parts: GanParts, state: GanState, *, target, label, judged):
    """Gradient of the generator's loss in its output, D's collections, metrics."""
    fake, code = judged
    discriminator = state.discriminator

    def loss_of(fake):
        (logits,), collections = _discriminate(
            parts, discriminator, discriminator.params, [fake], code
        )
        adversarial = losses.generator_loss(parts.loss, logits)
        reconstruction = losses.reconstruction_loss(fake, target)
        metrics = {"g_loss": adversarial, "reconstruction": reconstruction}
        loss = adversarial + parts.reconstruction_weight * reconstruction
        if parts.classification_weight:
            recogniser = parts.target_recogniser, state.target_recogniser
            classified = apply_evaluation(*recogniser, fake)
            metrics["classification"] = losses.classification_loss(classified, label)
            loss += parts.classification_weight * metrics["classification"]
        return loss, (metrics, collections)

    gradient, (metrics, collections) = jax.grad(loss_of, has_aux=True)(fake)
    return gradient, collections, metrics


def _average(parts: GanParts, state: GanState, *, source, features, z) -> GanState:
    """Moves the averages; their BatchNorm statistics are those of this batch in them.

    Averaging the statistics as well would describe other weights than the averaged
    ones, and a judge recognises fewer of the targets made so (WORKSPACE.md).
    """
    if not parts.average_decay:
        return state
    # A young average forgets its random start: decay rises with the count of steps.
    steps = state.step.astype(jnp.float32)
    decay = jnp.minimum(parts.average_decay, (1.0 + steps) / (10.0 + steps))
    encoder, generator = (
        new.replace(
            params=moving_average(old["params"], new.params, decay=decay),
            collections={"batch_stats": old["batch_stats"]},
        )
        for new, old in (
            (state.encoder, state.averaged["encoder"]),
            (state.generator, state.averaged["generator"]),
        )
    )
    if "trunk" in parts.conditioning.trained:
        # The features came from the trunk that is not averaged.
        features = apply_evaluation(
            parts.encoder, encoder.variables, source, method="features"
        )
    code, statistics = apply_training(
        parts.encoder, encoder, encoder.params, features, method="code"
    )
    code_statistics = {"code": statistics["batch_stats"]["code"]}
    trunk_statistics = state.encoder.collections["batch_stats"]
    _, collections = apply_training(
        parts.generator, generator, generator.params, code, z
    )
    averaged = {
        "encoder": {
            "params": encoder.params,
            "batch_stats": {**trunk_statistics, **code_statistics},
        },
        "generator": {"params": generator.params, **collections},
    }
    return state.replace(averaged=averaged)
