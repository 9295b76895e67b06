"""From a configuration to a system: modules, optimizers and hyper-parameters.

The only place where the names in a configuration are decoded. A system differs from
another in its configuration alone.
"""

import dataclasses
from typing import Any

import jax.numpy as jnp
import optax

from cmgan_jax.nets.classifier import Classifier
from cmgan_jax.nets.discriminator import Discriminator
from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.generator import LATE_STAGES, Generator
from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.nets.spectral_norm import SpectralNorm
from cmgan_jax.nets.trunk import stages
from cmgan_jax.systems.gan_parts import Conditioning, GanParts
from cmgan_jax.training import losses, optim

COMPUTE_DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}
ATTENTION_FORMS = ("pointwise", "convolutional")
CONDITIONINGS = ("untrained", "code_layer", "encoder")
READERS = ("tf_data", "numpy", "resident")
ENCODER_PARTS = ("trunk", "hidden", "features", "code")


@dataclasses.dataclass(frozen=True)
class Task:
    """What a system is asked to turn into what.

    Attributes:
      source_shape: [h w c] of one source.
      target_shape: [h w c] of one target.
      num_classes: classes of the data set.
      stem_aligned: whether source and target of a pair are one moment.
    """

    source_shape: tuple[int, int, int]
    target_shape: tuple[int, int, int]
    num_classes: int
    stem_aligned: bool


@dataclasses.dataclass(frozen=True)
class System:
    """One system, assembled.

    Attributes:
      task: what it turns into what.
      source_recogniser: the conditioning encoder with its classifier.
      target_recogniser: the same for targets, for the classification loss and the
        original protocol.
      classifier_optimizer: updates a recogniser.
      gan: the adversarial update.
    """

    task: Task
    source_recogniser: Recogniser
    target_recogniser: Recogniser
    classifier_optimizer: optax.GradientTransformation
    gan: GanParts


def assemble(config: Any, task: Task) -> System:
    """The system a configuration describes.

    Args:
      config: attribute access to the fields of configs/base.py.
      task: what is turned into what.

    Raises:
      ValueError: a field holds an unknown name or contradicts another.
    """
    check(config, task)
    classifier_optimizer = optim.adam(
        config.classifier.learning_rate,
        beta1=config.classifier.beta1,
        beta2=config.classifier.beta2,
    )

    return System(
        task=task,
        source_recogniser=_recogniser(config, task),
        target_recogniser=_recogniser(config, task),
        classifier_optimizer=classifier_optimizer,
        gan=_gan(config, task),
    )


def check(config: Any, task: Task) -> None:
    """Refuses a configuration that cannot be trained, before anything heavy.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    model, gan = config.model, config.gan
    _require_known("compute_dtype", config.compute_dtype, COMPUTE_DTYPES)
    _require_known("model.attention_form", model.attention_form, ATTENTION_FORMS)
    _require_known("model.late_stages", model.late_stages, LATE_STAGES)
    _require_known("run.reader", config.run.reader, READERS)
    _require_known("gan.loss", gan.loss, losses.ADVERSARIAL_LOSSES)
    _require_known("gan.conditioning", gan.conditioning, CONDITIONINGS)
    _require_ranges(config)
    sizes = (task.source_shape[0], task.target_shape[0])
    last = min(len(stages(size)) for size in sizes) - 1
    if model.attention_stage > last:
        raise ValueError(
            f"config.model.attention_stage={model.attention_stage}: expected 0 to "
            f"{last}, or -1 for no attention."
        )
    if task.num_classes < 2 and gan.mismatched_weight:
        raise ValueError(
            "config.gan.mismatched_weight needs targets of another class, but the "
            "data set has one class: set it to 0 or prepare more classes."
        )


def _require_known(name: str, value: str, known: Any) -> None:
    if value not in known:
        raise ValueError(f"config.{name}={value!r} is unknown; known: {list(known)}.")


def _require_ranges(config: Any) -> None:
    positive = {
        "classifier.batch_size": config.classifier.batch_size,
        "classifier.steps": config.classifier.steps,
        "gan.batch_size": config.gan.batch_size,
        "gan.steps": config.gan.steps,
        "gan.discriminator_every": config.gan.discriminator_every,
        "model.width": config.model.width,
        "run.log_every": config.run.log_every,
        "run.sample_every": config.run.sample_every,
        "run.checkpoint_every": config.run.checkpoint_every,
        "run.keep_checkpoints": config.run.keep_checkpoints,
        "run.validation_examples": config.run.validation_examples,
        "run.steps_per_call": config.run.steps_per_call,
    }
    for name, value in positive.items():
        if value < 1:
            raise ValueError(f"config.{name}={value}: expected 1 or more.")
    for name in ("log_every", "sample_every", "checkpoint_every"):
        every, per_call = getattr(config.run, name), config.run.steps_per_call
        if every % per_call:
            raise ValueError(
                f"config.run.{name}={every} is no multiple of "
                f"config.run.steps_per_call={per_call}: nothing can happen inside a "
                "call."
            )
    if not 0.0 <= config.gan.average_decay < 1.0:
        raise ValueError(
            f"config.gan.average_decay={config.gan.average_decay}: expected a value "
            "in [0, 1); 0 keeps no average."
        )
    not_negative = {
        "classifier.shift": config.classifier.shift,
        "classifier.noise": config.classifier.noise,
    }
    for name, value in not_negative.items():
        if value < 0:
            raise ValueError(f"config.{name}={value}: expected 0 or more.")


def _attention(config: Any) -> dict[str, Any]:
    model = config.model
    return {
        "attention_stage": None if model.attention_stage < 0 else model.attention_stage,
        "attention_form": model.attention_form,
        "attention_batch_statistics": model.attention_batch_statistics,
    }


def _encoder(config: Any) -> Encoder:
    model = config.model
    return Encoder(
        width=model.width,
        hidden_size=model.hidden_size,
        features_size=model.features_size,
        code_size=model.code_size,
        dtype=COMPUTE_DTYPES[config.compute_dtype],
        **_attention(config),
    )


def _recogniser(config: Any, task: Task) -> Recogniser:
    return Recogniser(
        encoder=_encoder(config), classifier=Classifier(num_classes=task.num_classes)
    )


def _generator(config: Any, task: Task) -> Generator:
    return Generator(
        channels=task.target_shape[2],
        image_size=task.target_shape[0],
        width=config.model.width,
        late_stages=config.model.late_stages,
        dtype=COMPUTE_DTYPES[config.compute_dtype],
        **_attention(config),
    )


def _discriminator(config: Any) -> Discriminator:
    model = config.model
    return Discriminator(
        width=model.width,
        hidden_size=model.hidden_size,
        norm=model.discriminator_norm,
        spectral_norm=SpectralNorm(differentiate=model.differentiate_spectral_norm),
        dtype=COMPUTE_DTYPES[config.compute_dtype],
        **_attention(config),
    )


def _conditioning(name: str) -> Conditioning:
    trained = {"untrained": (), "code_layer": ("code",), "encoder": ENCODER_PARTS}
    return Conditioning(trained=trained[name], batch_statistics=name == "untrained")


def _gan(config: Any, task: Task) -> GanParts:
    gan = config.gan

    def optimizer(learning_rate):
        return optim.adam(learning_rate, beta1=gan.beta1, beta2=gan.beta2)

    return GanParts(
        encoder=_encoder(config),
        generator=_generator(config, task),
        discriminator=_discriminator(config),
        target_recogniser=_recogniser(config, task),
        generator_optimizer=optimizer(gan.generator_learning_rate),
        discriminator_optimizer=optimizer(gan.discriminator_learning_rate),
        conditioning=_conditioning(gan.conditioning),
        loss=losses.adversarial_loss(gan.loss),
        fake_weight=gan.fake_weight,
        mismatched_weight=gan.mismatched_weight,
        reconstruction_weight=gan.reconstruction_weight if task.stem_aligned else 0.0,
        classification_weight=gan.classification_weight,
        discriminator_every=gan.discriminator_every,
        z_size=config.model.z_size,
        average_decay=gan.average_decay,
    )
