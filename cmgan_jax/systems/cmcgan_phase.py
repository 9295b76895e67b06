"""One update of CMCGAN: a discriminator of pairs, then all that makes either side.

L_D = L_Dw + L_Df is the joint corresponding adversarial loss: one discriminator says
both whether a pair is real and whether it belongs together. L_Cons asks each path of
two sub-networks for what a pair holds (Hao et al. 2018, section 3 and algorithm 1).
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from cmgan_jax.nets.cross_modal import CrossModal
from cmgan_jax.nets.pair_discriminator import PairDiscriminator
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.discriminate import Metrics, discriminate, learn_at_times
from cmgan_jax.systems.interface import Shape
from cmgan_jax.training import losses, rng
from cmgan_jax.training.batch import FIELDS, MISMATCHED, Batch
from cmgan_jax.training.state import (
    NetState,
    PairGanState,
    Tree,
    apply_gradients,
    apply_training,
    new_network,
)


@dataclasses.dataclass(frozen=True)
class CmcganParts:
    """Everything static about the update.

    Attributes:
      generator: encoders and decoders.
      discriminator: maps pairs to logits [b].
      generator_optimizer: updates the generator.
      discriminator_optimizer: updates the discriminator.
      loss: the adversarial loss.
      fake_weight: weight of each kind of pair with a generated side.
      mismatched_weight: weight of each kind of pair with a side of another class.
      consistency_weight: weight of L_Cons.
      discriminator_every: the discriminator learns at every n-th step.
      z_size: size of the noise beside every code.
    """

    generator: CrossModal
    discriminator: PairDiscriminator
    generator_optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    loss: losses.AdversarialLoss
    fake_weight: float
    mismatched_weight: float
    consistency_weight: float
    discriminator_every: int
    z_size: int


def init_state(
    parts: CmcganParts, *, root: Key[Array, ""], shapes: dict[str, Shape]
) -> PairGanState:
    """A fresh state; call it under jit.

    Args:
      parts: the system's update.
      root: key of the run.
      shapes: [h w c] of one example of each modality.
    """
    pair = [jnp.zeros((1, *shapes[modality])) for modality in MODALITIES]

    def fresh(name, *inputs):
        module = getattr(parts, name)
        return module.init(rng.stream(root, name, 0), *inputs, train=False)

    return PairGanState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        generator=new_network(
            fresh("generator", *pair, jnp.zeros((2, 2, parts.z_size))),
            parts.generator_optimizer,
        ),
        discriminator=new_network(
            fresh("discriminator", *pair), parts.discriminator_optimizer
        ),
    )


def make_step(
    parts: CmcganParts,
) -> Callable[[PairGanState, Batch], tuple[PairGanState, Metrics]]:
    """Builds the update.

    Returns:
      (state, batch) -> (new state, metrics); the batch holds all FIELDS, uint8
      [b h w c], and "label", int32 [b].
    """

    def step(state, batch):
        items = {field: to_unit(batch[field]) for field in FIELDS}
        pair = tuple(items[modality] for modality in MODALITIES)
        z_key = rng.stream(state.rng, "z", state.step)
        z = jax.random.normal(z_key, (4, 2 * pair[0].shape[0], parts.z_size))

        def make(params):
            return make_both(parts, state.generator, params, pair=pair, z=z)

        (made, again), pull, collections = jax.vjp(
            make, state.generator.params, has_aux=True
        )
        discriminator, judged = learn_at_times(
            state.discriminator,
            lambda params: _discriminator_loss(
                parts, state.discriminator, params, items=items, made=made
            ),
            parts.discriminator_optimizer,
            step=state.step,
            every=parts.discriminator_every,
        )
        gradients, (metrics, discriminator_collections) = jax.grad(
            lambda made, again: _generator_loss(
                parts, discriminator, pair=pair, made=made, again=again
            ),
            argnums=(0, 1),
            has_aux=True,
        )(made, again)
        (gradient,) = pull(gradients)
        generator = apply_gradients(
            state.generator, gradient, parts.generator_optimizer
        )
        state = state.replace(
            step=state.step + 1,
            generator=generator.replace(collections=collections),
            discriminator=discriminator.replace(collections=discriminator_collections),
        )
        return state, {**judged, **metrics}

    return step


def make_both(
    parts: CmcganParts,
    generator: NetState,
    params: Tree,
    *,
    pair: tuple[Float[Array, "b h w c"], Float[Array, "b H W d"]],
    z: Float[Array, "4 n q"],
):
    """All that the four sub-networks make of a pair, and of that once more.

    The encoders' averages are those of real items alone, which are all that they see at
    test time: the second pass moves none.

    Returns:
      ((made, again), collections): pictures and spectrograms [n h w c], n = 2 b, see
      `CrossModal`; the paths of `again` are A to V to A and V to V to A for
      spectrograms, V to A to V and A to A to V for pictures.
    """
    made, collections = apply_training(parts.generator, generator, params, *pair, z[:2])
    again, _ = apply_training(
        parts.generator, generator, params, *made, z[2:], method="exchange"
    )
    return (made, again), collections


def _fake_pairs(pair, made):
    """The real picture with a spectrogram made of it, and the other way round."""
    (image, sound), (made_image, made_sound) = pair, made
    return [(image, made_sound[::2]), (made_image[::2], sound)]


def _discriminator_loss(parts: CmcganParts, discriminator, params, *, items, made):
    pair = image, sound = tuple(items[modality] for modality in MODALITIES)
    wrong = [
        (image, items[f"{MISMATCHED}sound"]),
        (items[f"{MISMATCHED}image"], sound),
    ]
    kinds = [pair, *wrong, *_fake_pairs(pair, made)]
    logits, collections = discriminate(
        parts.discriminator, discriminator, params, kinds
    )
    real, mismatched, fake = logits[0], logits[1:3], logits[3:]
    # L_Dw and L_Df have the real pairs once each.
    loss = sum(
        losses.discriminator_loss(
            parts.loss,
            real=real,
            fake=fake[side],
            mismatched=mismatched[side],
            fake_weight=parts.fake_weight,
            mismatched_weight=parts.mismatched_weight,
        )
        for side in range(2)
    )
    metrics = {
        "d_loss": loss,
        "real_logit": real.mean(),
        "mismatched_logit": mismatched.mean(),
        "fake_logit": fake.mean(),
    }
    return loss, (metrics, collections)


def _generator_loss(parts: CmcganParts, discriminator, *, pair, made, again):
    logits, collections = discriminate(
        parts.discriminator,
        discriminator,
        discriminator.params,
        _fake_pairs(pair, made),
    )
    adversarial = sum(losses.generator_loss(parts.loss, row) for row in logits)
    # Two paths lead to each modality, and their means are terms of their own.
    consistency = sum(
        2.0 * losses.reconstruction_loss(made_again, jnp.repeat(item, 2, axis=0))
        for made_again, item in zip(again, pair, strict=True)
    )
    metrics = {"g_loss": adversarial, "reconstruction": consistency / 4.0}
    loss = adversarial + parts.consistency_weight * consistency
    return loss, (metrics, collections)
