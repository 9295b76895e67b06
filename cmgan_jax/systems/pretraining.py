"""What a system's encoders learn before anything is generated, from a configuration.

Recognisers learn to classify and, of data whose pairs are one moment, to tell which
sound belongs to which picture: a code trained to classify alone says the class and
nothing else, and what the generator is not told (pitch, posture) it cannot make.
Autoencoders learn to make their input again.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.nets.autoencoder import Autoencoder
from cmgan_jax.nets.modalities import Modalities
from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.systems import networks
from cmgan_jax.systems.interface import Phase, Recognition, Task
from cmgan_jax.systems.pretraining_phase import (
    Metrics,
    Objective,
    of_modality,
    pretraining_phase,
)
from cmgan_jax.training import losses, optim
from cmgan_jax.training.state import Tree, apply_evaluation, apply_training

RECOGNISERS = "recognisers"
AUTOENCODERS = "autoencoders"


def encoder_of(variables: Tree) -> Tree:
    """Variables of the encoder inside those of a recogniser or an autoencoder."""
    return {name: tree["encoder"] for name, tree in variables.items()}


def recogniser(config: SimpleNamespace, task: Task) -> Recogniser:
    """The encoder of either modality with a classifier on its features."""
    return Recogniser(
        encoder=networks.encoder(config),
        num_classes=task.num_classes,
        paired=bool(config.classifier.pair_weight),
    )


def recognitions(config: SimpleNamespace, task: Task) -> dict[str, Recognition]:
    """Modality to the classifier of it that the phase of recognisers trains."""
    module = recogniser(config, task)

    def of(modality):
        return Recognition(
            phase=RECOGNISERS,
            logits=lambda variables, x: apply_evaluation(
                module, of_modality(variables, modality), x
            ),
        )

    return {modality: of(modality) for modality in MODALITIES}


def recognisers(config: SimpleNamespace, task: Task) -> Phase:
    """The phase that trains the recognisers of both modalities."""
    module = Modalities(image=recogniser(config, task), sound=recogniser(config, task))
    objective = recognising(module, pair_weight=config.classifier.pair_weight)
    return _phase(RECOGNISERS, module, objective, config, task)


def autoencoders(config: SimpleNamespace, task: Task) -> Phase:
    """The phase that trains the autoencoders of both modalities."""
    each = {
        modality: Autoencoder(
            encoder=networks.encoder(config),
            # What the generator of one direction has beside convolutions is not asked.
            decoder=networks.generator(config, task.shape(modality)).clone(
                spectra=0, sketches=0
            ),
        )
        for modality in MODALITIES
    }
    module = Modalities(**each)
    return _phase(AUTOENCODERS, module, reconstructing(module), config, task)


# config.classifier.objective to the phase that serves it.
PRETRAINING = {"classification": recognisers, "reconstruction": autoencoders}


def recognising(module: Modalities, *, pair_weight: float) -> Objective:
    """Cross-entropy of both modalities, and `losses.pair_loss` by its weight."""

    def objective(network, params, varied, label):
        ask = "recognise" if pair_weight else "__call__"
        seen, collections = apply_training(module, network, params, *varied, ask=ask)
        logits, places = zip(*seen, strict=True) if pair_weight else (seen, None)
        metrics = _classified(logits, label)
        loss = sum(metrics[f"{modality}_loss"] for modality in MODALITIES)
        if pair_weight:
            metrics["pair_loss"] = losses.pair_loss(*places)
            loss += pair_weight * metrics["pair_loss"]
        return loss, (metrics, collections)

    return objective


def reconstructing(module: Modalities) -> Objective:
    """Mean absolute error of both modalities made again."""

    def objective(network, params, varied, label):
        made, collections = apply_training(module, network, params, *varied)
        metrics = {
            f"{modality}_reconstruction": losses.reconstruction_loss(again, x)
            for modality, again, x in zip(MODALITIES, made, varied, strict=True)
        }
        return sum(metrics.values()), (metrics, collections)

    return objective


def _classified(logits: tuple[Float[Array, "b m"], ...], label: jax.Array) -> Metrics:
    metrics = {}
    for modality, one in zip(MODALITIES, logits, strict=True):
        metrics[f"{modality}_loss"] = losses.classification_loss(one, label)
        metrics[f"{modality}_accuracy"] = (jnp.argmax(one, -1) == label).mean()
    return metrics


def _phase(name, module, objective, config, task: Task) -> Phase:
    fields = config.classifier
    return pretraining_phase(
        name,
        module,
        objective,
        optim.adam(
            fields.learning_rate,
            beta1=fields.beta1,
            beta2=fields.beta2,
            steps=fields.steps,
            decay_from=fields.decay_from,
        ),
        shapes={modality: task.shape(modality) for modality in MODALITIES},
        steps=fields.steps,
        batch_size=fields.batch_size,
        seed=config.seed,
        variations=networks.variations(config),
    )
