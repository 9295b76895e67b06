"""Training a network to classify: phases of systems, and every judge."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.interface import Phase, Shape
from cmgan_jax.training import losses, rng
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.batch import Batch, Needs
from cmgan_jax.training.state import (
    NetworkState,
    apply_gradients,
    apply_training,
    new_network,
)


def init_state(
    module: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    root: jax.Array,
    shape: Shape,
) -> NetworkState:
    """A fresh state; call it under jit.

    Args:
      module: maps [b h w c] in [-1, 1] to logits [b m].
      optimizer: updates every parameter of the module.
      root: key of the run.
      shape: [h w c] of one example.
    """
    example = jnp.zeros((1, *shape), jnp.float32)
    keys = {"params": rng.stream(root, "classifier", 0)}
    variables = module.init(keys, example, train=False)
    return NetworkState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        network=new_network(variables, optimizer),
    )


def make_step(
    module: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    modality: str,
    variation: Variation,
) -> Callable[[NetworkState, Batch], tuple[NetworkState, dict[str, jax.Array]]]:
    """Builds the update.

    Args:
      module: maps [b h w c] in [-1, 1] to logits [b m].
      optimizer: updates every parameter of the module.
      modality: what it classifies, "image" or "sound".
      variation: of the items before they are looked at.

    Returns:
      (state, batch) -> (new state, {"classifier_loss", "classifier_accuracy"}), where
      the batch holds `modality` uint8 [b h w c] and "label" int32 [b].
    """

    def step(state, batch):
        key = rng.stream(state.rng, "varied", state.step)
        x = variation(to_unit(batch[modality]), key)
        dropout = {"dropout": rng.stream(state.rng, "dropout", state.step)}

        def loss_of(params):
            logits, collections = apply_training(
                module, state.network, params, x, rngs=dropout
            )
            loss = losses.classification_loss(logits, batch["label"])
            return loss, (logits, collections)

        differentiate = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (logits, collections)), gradients = differentiate(state.network.params)
        network = apply_gradients(state.network, gradients, optimizer)
        network = network.replace(collections=collections)
        correct = jnp.argmax(logits, axis=-1) == batch["label"]
        metrics = {"classifier_loss": loss, "classifier_accuracy": correct.mean()}
        return state.replace(step=state.step + 1, network=network), metrics

    return step


def classifier_phase(
    name: str,
    module: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    modality: str,
    shape: Shape,
    steps: int,
    batch_size: int,
    seed: int,
    order_seed: int,
    variation: Variation,
) -> Phase:
    """The phase that trains a network to classify one modality.

    Args:
      name: of the phase.
      module: maps [b h w c] in [-1, 1] to logits [b m].
      optimizer: updates every parameter of the module.
      modality: what it classifies, "image" or "sound".
      shape: [h w c] of one item.
      steps: updates.
      batch_size: items per update.
      seed: of weights, augmentation and dropout.
      order_seed: of the order of the items.
      variation: of the items before they are looked at.

    Returns:
      A phase whose inference variables are the network's.
    """
    return Phase(
        name=name,
        steps=steps,
        batch_size=batch_size,
        needs=Needs(anchor=modality, fields=(modality,)),
        seed=seed,
        order_seed=order_seed,
        init=lambda root, finished: init_state(
            module, optimizer, root=root, shape=shape
        ),
        step=make_step(module, optimizer, modality=modality, variation=variation),
        inference=lambda state: state.inference,
    )
