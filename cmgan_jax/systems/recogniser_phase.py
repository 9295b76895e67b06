"""The phase that trains a system's recognisers of both modalities, in one pass.

They learn to classify and, of data whose pairs are one moment, to tell which sound
belongs to which picture: a code trained to classify alone says the class and nothing
else, and what the generator is not told (pitch, posture) it cannot make.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from cmgan_jax.nets.recogniser import Recognisers
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.interface import Phase, Shape
from cmgan_jax.training import losses, rng
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.batch import Batch, Needs
from cmgan_jax.training.state import (
    ClassifierState,
    Tree,
    apply_gradients,
    apply_training,
    new_network,
)

RECOGNISERS = "recognisers"


def of_modality(variables: Tree, modality: str) -> Tree:
    """Variables of the recogniser of a modality among those of the phase."""
    return {name: tree[modality] for name, tree in variables.items()}


def init_state(
    module: Recognisers,
    optimizer: optax.GradientTransformation,
    *,
    root: Key[Array, ""],
    shapes: dict[str, Shape],
) -> ClassifierState:
    """A fresh state; call it under jit.

    Args:
      module: of both modalities.
      optimizer: updates every parameter of the module.
      root: key of the run.
      shapes: [h w c] of one example of each modality.
    """
    examples = [jnp.zeros((1, *shapes[modality])) for modality in MODALITIES]
    keys = {"params": rng.stream(root, RECOGNISERS, 0)}
    variables = module.init(keys, *examples, train=False)
    return ClassifierState(
        step=jnp.zeros((), jnp.int32),
        rng=root,
        network=new_network(variables, optimizer),
    )


def make_step(
    module: Recognisers,
    optimizer: optax.GradientTransformation,
    *,
    pair_weight: float,
    variation: Variation,
) -> Callable[[ClassifierState, Batch], tuple[ClassifierState, dict[str, jax.Array]]]:
    """Builds the update.

    Args:
      module: of both modalities.
      optimizer: updates every parameter of the module.
      pair_weight: weight of `losses.pair_loss`; 0 for none.
      variation: of the items before they are looked at.

    Returns:
      (state, batch) -> (new state, metrics), where the batch holds "image" and "sound",
      uint8 [b h w c], and "label", int32 [b].
    """

    def step(state, batch):
        def vary(modality):
            key = rng.stream(state.rng, f"varied {modality}", state.step)
            return variation.of(modality)(to_unit(batch[modality]), key)

        varied = [vary(modality) for modality in MODALITIES]

        def loss_of(params):
            seen, collections = apply_training(
                module,
                state.network,
                params,
                *varied,
                method="recognise" if pair_weight else "__call__",
            )
            logits, places = zip(*seen, strict=True) if pair_weight else (seen, None)
            metrics = _classified(logits, batch["label"])
            loss = sum(metrics[f"{modality}_loss"] for modality in MODALITIES)
            if pair_weight:
                metrics["pair_loss"] = losses.pair_loss(*places)
                loss += pair_weight * metrics["pair_loss"]
            return loss, (metrics, collections)

        gradients, (metrics, collections) = jax.grad(loss_of, has_aux=True)(
            state.network.params
        )
        network = apply_gradients(state.network, gradients, optimizer)
        network = network.replace(collections=collections)
        return state.replace(step=state.step + 1, network=network), metrics

    return step


def _classified(
    logits: tuple[Float[Array, "b m"], ...], label: jax.Array
) -> dict[str, jax.Array]:
    metrics = {}
    for modality, one in zip(MODALITIES, logits, strict=True):
        metrics[f"{modality}_loss"] = losses.classification_loss(one, label)
        metrics[f"{modality}_accuracy"] = (jnp.argmax(one, -1) == label).mean()
    return metrics


def recogniser_phase(
    module: Recognisers,
    optimizer: optax.GradientTransformation,
    *,
    shapes: dict[str, Shape],
    steps: int,
    batch_size: int,
    seed: int,
    **update,
) -> Phase:
    """The phase; its inference variables are the module's.

    Args:
      module: of both modalities.
      optimizer: updates every parameter of the module.
      shapes: [h w c] of one example of each modality.
      steps: updates.
      batch_size: pairs per update.
      seed: of weights, augmentation and the order of the items.
      **update: see `make_step`.
    """
    return Phase(
        name=RECOGNISERS,
        steps=steps,
        batch_size=batch_size,
        needs=Needs(anchor="sound", fields=MODALITIES),
        seed=seed,
        order_seed=seed,
        init=lambda root, finished: init_state(
            module, optimizer, root=root, shapes=shapes
        ),
        step=make_step(module, optimizer, **update),
        inference=lambda state: state.inference,
        either_way=True,
    )
