"""One update of a classifying network: the classifier phase, and every judge."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen as nn

from cmgan_jax.signals.representation import to_unit
from cmgan_jax.training import augmentation, losses, rng
from cmgan_jax.training.state import (
    ClassifierState,
    apply_gradients,
    apply_training,
    new_network,
)

Batch = Mapping[str, Any]


def init_state(
    module: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    root: jax.Array,
    shape: tuple[int, int, int],
) -> ClassifierState:
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
    return ClassifierState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        network=new_network(variables, optimizer),
    )


def make_step(
    module: nn.Module,
    optimizer: optax.GradientTransformation,
    *,
    modality: str,
    shift: int,
    noise: float,
) -> Callable[[ClassifierState, Batch], tuple[ClassifierState, dict[str, jax.Array]]]:
    """Builds the update.

    Args:
      module: maps [b h w c] in [-1, 1] to logits [b m].
      optimizer: updates every parameter of the module.
      modality: the batch's entry to classify, "source" or "target".
      shift: largest random shift, in pixels.
      noise: largest deviation of added Gaussian noise, on the scale [-1, 1].

    Returns:
      (state, batch) -> (new state, {"classifier_loss", "classifier_accuracy"}), where
      the batch holds `modality` uint8 [b h w c] and "label" int32 [b].
    """

    def step(state, batch):
        x = to_unit(batch[modality])
        x = augmentation.shift(
            x, rng.stream(state.rng, "shift", state.step), pixels=shift
        )
        x = augmentation.noise(
            x, rng.stream(state.rng, "noise", state.step), level=noise
        )
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
