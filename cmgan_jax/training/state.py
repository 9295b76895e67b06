"""What changes while training: arrays only; modules and optimizers live in systems."""

from collections.abc import Sequence
from typing import Any

import jax
import optax
from flax import linen as nn
from flax import struct
from jaxtyping import Array, Float

Tree = Any
# An array here; a shape or a sharding in what JAX makes of a whole state.
Leaf = Any


class NetState(struct.PyTreeNode):
    """One network.

    Attributes:
      params: trained parameters.
      collections: "batch_stats" (BatchNorm) and "spectral_stats" (power iteration),
        as far as the network has them.
      opt_state: state of the network's optimizer; None if the network is frozen.
    """

    params: Tree
    collections: Tree
    opt_state: Tree = None

    @property
    def variables(self) -> Tree:
        """The network as linen's apply takes it."""
        return {"params": self.params, **self.collections}


class NetworkState(struct.PyTreeNode):
    """State of a phase that trains one network, and of a judge's training.

    Attributes:
      step: updates made so far.
      rng: root key, never advanced (see rng.stream).
      network: what is trained.
    """

    step: Leaf
    rng: Leaf
    network: NetState

    @property
    def inference(self) -> Tree:
        """The network's variables."""
        return self.network.variables


class GanState(struct.PyTreeNode):
    """State of the GAN phase.

    Attributes:
      step: updates of the generator made so far.
      rng: root key, never advanced (see rng.stream).
      encoder: network that turns the source into the code.
      generator: network that turns code and z into the generated target.
      discriminator: network that tells real, fake and mismatched pairs apart.
      posterior: network that says which z would make a target; None without one.
      prior: mean and factor of the covariance of z; None where it is standard normal.
      target_recogniser: variables of the recogniser of targets, frozen; None where the
        generator's loss does not ask it.
      source_pair: variables of the recogniser of sources that place their codes among
        pairs, frozen; None where the generator has no pair loss.
      target_readers: of the notes that targets show; None where the generator's loss
        does not ask them.
      averaged: {"encoder": variables, "generator": variables}, their exponential
        moving averages; None where a system keeps none.
    """

    step: Leaf
    rng: Leaf
    encoder: NetState
    generator: NetState
    discriminator: NetState
    posterior: Tree = None
    prior: Tree = None
    target_recogniser: Tree = None
    source_pair: Tree = None
    target_readers: Tree = None
    averaged: Tree = None

    @property
    def inference(self) -> Tree:
        """{"encoder": variables, "generator": variables} that generate.

        With "prior" where it is learnt.
        """
        return self.raw if self.averaged is None else self._with_prior(self.averaged)

    @property
    def raw(self) -> Tree:
        """The same, of the weights as they are."""
        raw = {
            "encoder": self.encoder.variables,
            "generator": self.generator.variables,
        }
        return self._with_prior(raw)

    def _with_prior(self, variables: Tree) -> Tree:
        return variables if self.prior is None else {**variables, "prior": self.prior}


class PairGanState(struct.PyTreeNode):
    """State of CMCGAN's phase, which trains both directions.

    Attributes:
      step: updates of the generator made so far.
      rng: root key, never advanced (see rng.stream).
      generator: encoders and decoders of both modalities.
      discriminator: network that tells real, fake and mismatched pairs apart.
    """

    step: Leaf
    rng: Leaf
    generator: NetState
    discriminator: NetState

    @property
    def inference(self) -> Tree:
        """The generator's variables."""
        return self.generator.variables


class GalleryState(struct.PyTreeNode):
    """State of the phase that keeps training items.

    Attributes:
      step: batches kept so far.
      recognisers: variables of the recognisers of both modalities, frozen.
      items: modality to uint8 [n h w c], zeros where nothing is kept yet.
      label: int32 [n].
      places: modality to places among pairs, [n k]; None of recognisers without pairs.
    """

    step: Leaf
    recognisers: Tree
    items: Tree
    label: Leaf
    places: Tree = None

    @property
    def inference(self) -> Tree:
        """{"items", "label", "places"}."""
        return {"items": self.items, "label": self.label, "places": self.places}


class SourcesState(struct.PyTreeNode):
    """State of the phase that keeps sources to read notes by.

    Attributes:
      step: batches kept so far.
      items: uint8 [n h w c], zeros where nothing is kept yet.
      label: int32 [n].
      pitch: MIDI note numbers, float32 [n]; negative where none is known or kept.
    """

    step: Leaf
    items: Leaf
    label: Leaf
    pitch: Leaf


def keep_batch(kept: Array, batch: Array, step: Leaf) -> Array:
    """Rows that are kept, [n ...], with a step's batch [b ...] at its place."""
    begin = step * batch.shape[0]
    return jax.lax.dynamic_update_slice_in_dim(kept, batch, begin, axis=0)


def new_network(
    variables: Tree,
    optimizer: optax.GradientTransformation,
    *,
    trained: Sequence[str] | None = None,
) -> NetState:
    """The state of a network from linen's init.

    Args:
      variables: what linen's init returned.
      optimizer: updates the trained parameters.
      trained: top-level names of the parameters that are trained; None means all, an
        empty sequence freezes the network.
    """
    collections = {name: tree for name, tree in variables.items() if name != "params"}
    params = variables["params"]
    names = params if trained is None else trained
    opt_state = (
        optimizer.init({name: params[name] for name in names}) if names else None
    )
    return NetState(params=params, collections=collections, opt_state=opt_state)


def apply_training(
    module: nn.Module,
    network: NetState,
    params: Tree,
    *inputs,
    train: bool = True,
    **keywords,
) -> tuple[Any, Tree]:
    """Applies a network that is being trained: its output and its new collections.

    With train=False its collections only come back as they are.
    """
    output, updated = module.apply(
        {"params": params, **network.collections},
        *inputs,
        train=train,
        mutable=list(network.collections),
        **keywords,
    )
    return output, {**network.collections, **updated}


def apply_evaluation(module: nn.Module, variables: Tree, *inputs, **keywords) -> Any:
    """Applies a network in evaluation mode: its output; nothing changes."""
    return module.apply(variables, *inputs, train=False, **keywords)


def apply_gradients(
    network: NetState, gradients: Tree, optimizer: optax.GradientTransformation
) -> NetState:
    """The network after one update of the parameters that gradients names."""
    trained = {name: network.params[name] for name in gradients}
    updates, opt_state = optimizer.update(gradients, network.opt_state, trained)
    updated = optax.apply_updates(trained, updates)
    return network.replace(params={**network.params, **updated}, opt_state=opt_state)


def moving_average(
    average: Tree, new: Tree, *, decay: float | Float[Array, ""]
) -> Tree:
    """Moves an exponential moving average towards new values, leaf by leaf."""
    return jax.tree.map(
        lambda old, now: old + (1.0 - decay) * (now - old), average, new
    )
