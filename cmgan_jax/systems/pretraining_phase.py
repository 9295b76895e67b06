"""A phase that trains a network of either modality on pairs, in one pass.

What the networks learn is an objective: recognisers and autoencoders are two.
"""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import optax

from cmgan_jax.nets.modalities import Modalities
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.interface import Phase, Shape
from cmgan_jax.training import rng
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.batch import Batch, Needs
from cmgan_jax.training.state import (
    NetState,
    NetworkState,
    Tree,
    apply_gradients,
    new_network,
)

Metrics = dict[str, jax.Array]
# (network, its parameters, pictures and spectrograms in [-1, 1], labels)
# -> loss, (metrics, new collections).
Objective = Callable[
    [NetState, Tree, list[jax.Array], jax.Array],
    tuple[jax.Array, tuple[Metrics, Tree]],
]


def of_modality(variables: Tree, modality: str) -> Tree:
    """Variables of the network of a modality among those of the phase."""
    return {name: tree[modality] for name, tree in variables.items()}


def pretraining_phase(
    name: str,
    module: Modalities,
    objective: Objective,
    optimizer: optax.GradientTransformation,
    *,
    shapes: dict[str, Shape],
    steps: int,
    batch_size: int,
    seed: int,
    variations: Mapping[str, Variation],
) -> Phase:
    """The phase; its inference variables are the module's.

    Args:
      name: of the phase.
      module: of both modalities.
      objective: what the module learns.
      optimizer: updates every parameter of the module.
      shapes: [h w c] of one example of each modality.
      steps: updates.
      batch_size: pairs per update.
      seed: of weights, augmentation and the order of the items.
      variations: modality to what is done to its items before they are looked at.
    """

    def init(root, finished):
        examples = [jnp.zeros((1, *shapes[modality])) for modality in MODALITIES]
        keys = {"params": rng.stream(root, name, 0)}
        variables = module.init(keys, *examples, train=False)
        return NetworkState(
            step=jnp.zeros((), jnp.int32),
            rng=root,
            network=new_network(variables, optimizer),
        )

    return Phase(
        name=name,
        steps=steps,
        batch_size=batch_size,
        needs=Needs(anchor="sound", fields=MODALITIES),
        seed=seed,
        order_seed=seed,
        init=init,
        step=_make_step(objective, optimizer, variations),
        inference=lambda state: state.inference,
        either_way=True,
    )


def _make_step(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    variations: Mapping[str, Variation],
) -> Callable[[NetworkState, Batch], tuple[NetworkState, Metrics]]:
    def vary(state, batch, modality):
        key = rng.stream(state.rng, f"varied {modality}", state.step)
        return variations[modality](to_unit(batch[modality]), key)

    def step(state, batch):
        varied = [vary(state, batch, modality) for modality in MODALITIES]

        def loss_of(params):
            return objective(state.network, params, varied, batch["label"])

        gradients, (metrics, collections) = jax.grad(loss_of, has_aux=True)(
            state.network.params
        )
        network = apply_gradients(state.network, gradients, optimizer)
        network = network.replace(collections=collections)
        return state.replace(step=state.step + 1, network=network), metrics

    return step
