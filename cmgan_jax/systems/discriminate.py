"""A discriminator in training: how it judges several kinds, and when it learns."""

from collections.abc import Callable, Sequence

import jax
import optax
from flax import linen as nn

from cmgan_jax.nets.layers import take_turns
from cmgan_jax.training.state import (
    NetState,
    Tree,
    apply_gradients,
    apply_training,
)

Metrics = dict[str, jax.Array]


def discriminate(
    module: nn.Module,
    discriminator: NetState,
    params: Tree,
    kinds: Sequence[tuple[jax.Array, ...]],
) -> tuple[jax.Array, Tree]:
    """Logits of several kinds of pairs, and new collections.

    One pass with one power iteration for all kinds: they take turns in its batch, so
    that a batch split over devices stays so.

    Args:
      module: maps the two sides of pairs to logits [b]; has `groups`.
      discriminator: its state.
      params: its parameters.
      kinds: the two sides of b pairs of each kind.

    Returns:
      Logits [kind b], and the collections after the pass.
    """
    count = len(kinds)
    logits, collections = apply_training(
        module.clone(groups=count),
        discriminator,
        params,
        *(take_turns(side) for side in zip(*kinds, strict=True)),
    )
    return logits.reshape(-1, count).T, collections


def learn_at_times(
    discriminator: NetState,
    loss_of: Callable[[Tree], tuple[jax.Array, tuple[Metrics, Tree]]],
    optimizer: optax.GradientTransformation,
    *,
    step: jax.Array,
    every: int,
) -> tuple[NetState, Metrics]:
    """The discriminator after its update, or unchanged at a step it sits out.

    Args:
      discriminator: its state.
      loss_of: parameters -> loss, (metrics, new collections).
      optimizer: updates every parameter.
      step: updates of the generator made so far.
      every: it learns at every n-th step, from step 0 on.
    """

    def learn(discriminator):
        gradients, (metrics, collections) = jax.grad(loss_of, has_aux=True)(
            discriminator.params
        )
        updated = apply_gradients(discriminator, gradients, optimizer)
        return updated.replace(collections=collections), metrics

    def sit_out(discriminator):
        _, (metrics, _) = loss_of(discriminator.params)
        return discriminator, metrics

    if every == 1:
        return learn(discriminator)
    return jax.lax.cond(step % every == 0, learn, sit_out, discriminator)
