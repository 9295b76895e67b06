"""Configurations refused before anything heavy, by the field that is wrong."""

import operator
from collections.abc import Iterable
from types import SimpleNamespace

from cmgan_jax.nets.discriminator import HEADS
from cmgan_jax.nets.generator import LATE_STAGES
from cmgan_jax.nets.trunk import stages
from cmgan_jax.signals.direction import DIRECTIONS
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.networks import SPECTRAL_NORM
from cmgan_jax.systems.pretraining import PRETRAINING
from cmgan_jax.systems.prior import PRIORS
from cmgan_jax.systems.ranges import require_counts, require_weights
from cmgan_jax.training import losses

ATTENTION_FORMS = ("pointwise", "convolutional", "residual")
CONDITIONINGS = ("untrained", "code_layer", "encoder")
BOTH = "both"  # directions of a run that makes them at once
CMCGAN_LACKS = (
    *("gan.posterior_weight", "gan.classification_weight", "gan.pair_weight"),
    *("gan.note_weight", "gan.average_decay", "gan.discriminator_varied"),
    "note_reader.sources",
)
COMPUTE_DTYPES = ("float32", "bfloat16")
READERS = ("tf_data", "numpy", "resident")
CHOICES = ("random", "nearest")


def check_run(config: SimpleNamespace) -> None:
    """Refuses names and intervals that no system accepts.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    require_known("compute_dtype", config.compute_dtype, COMPUTE_DTYPES)
    require_known("run.reader", config.run.reader, READERS)
    require_counts(config)
    per_call = config.run.steps_per_call
    for name in ("log_every", "sample_every", "checkpoint_every"):
        every = getattr(config.run, name)
        if every % per_call:
            raise ValueError(
                f"config.run.{name}={every} is no multiple of "
                f"config.run.steps_per_call={per_call}: nothing can happen inside a "
                "call."
            )


def check_sa_cmgan(config: SimpleNamespace, task: Task) -> None:
    """Refuses what SA-CMGAN and its relatives cannot be trained with.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    gan = config.gan
    require_known("direction", config.direction, DIRECTIONS)
    _require_networks(config, task)
    head = config.model.discriminator_head
    require_known("model.discriminator_head", head, HEADS)
    require_known("classifier.objective", config.classifier.objective, PRETRAINING)
    require_known("gan.conditioning", gan.conditioning, CONDITIONINGS)
    require_known("gan.prior", gan.prior, PRIORS)
    _require_mismatched(gan, task)
    _require_data(gan, task)
    _require_pairs(config.classifier.pair_weight, gan.pair_weight, task)
    _require_recognisers(config)
    _require_notes(config, task)


def check_cmcgan(config: SimpleNamespace, task: Task) -> None:
    """Refuses what CMCGAN cannot be trained with.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    require_both_directions(config)
    _require_networks(config, task)
    require_known(
        "model.discriminator_head", config.model.discriminator_head, ("dense",)
    )
    require_known("gan.prior", config.gan.prior, ("standard",))
    if not config.gan.mismatched_weight or task.num_classes < 2:
        raise ValueError(
            "CMCGAN's discriminator learns from mismatched pairs: it needs data of two "
            "classes or more, and --config.gan.mismatched_weight=0.5."
        )
    for name in CMCGAN_LACKS:
        value = operator.attrgetter(name)(config)
        if value:
            raise ValueError(
                f"config.{name}={value}: CMCGAN has none, give --config.{name}=0."
            )


def check_retrieval(config: SimpleNamespace, task: Task) -> None:
    """Refuses what cannot be retrieved with.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    require_both_directions(config)
    _require_networks(config, task)
    objective, choice = config.classifier.objective, config.gallery.choice
    require_known("classifier.objective", objective, ("classification",))
    require_known("gallery.choice", choice, CHOICES)
    _require_pairs(config.classifier.pair_weight, 0.0, task)
    if choice == "nearest" and not config.classifier.pair_weight:
        raise ValueError(
            "config.gallery.choice='nearest' asks recognisers that were not trained on "
            "pairs: give --config.classifier.pair_weight=1, or "
            "--config.gallery.choice=random."
        )


def require_both_directions(config: SimpleNamespace) -> None:
    """Raises ValueError where one direction is asked of a run that makes both."""
    if config.direction != BOTH:
        raise ValueError(
            f"config.direction={config.direction!r}: one run of {config.system!r} "
            f"makes both directions: give {BOTH!r} after the colon of --config."
        )


def _require_networks(config: SimpleNamespace, task: Task) -> None:
    model = config.model
    require_known("model.attention_form", model.attention_form, ATTENTION_FORMS)
    require_known("model.late_stages", model.late_stages, LATE_STAGES)
    require_known("model.spectral_norm", model.spectral_norm, SPECTRAL_NORM)
    require_known("gan.loss", config.gan.loss, losses.ADVERSARIAL_LOSSES)
    require_weights(config)
    _require_stage(model.attention_stage, task)


def require_known(name: str, value: object, known: Iterable[str]) -> None:
    """Raises ValueError where a field holds none of the known names."""
    names = list(known)  # what an edited file holds may have no hash
    if value not in names:
        raise ValueError(f"config.{name}={value!r} is unknown; known: {names}.")


def _require_stage(stage: int, task: Task) -> None:
    sizes = (task.image_shape[0], task.sound_shape[0])
    last = min(len(stages(size)) for size in sizes) - 1
    if not isinstance(stage, int) or not -1 <= stage <= last:
        raise ValueError(
            f"config.model.attention_stage={stage!r}: expected 0 to {last}, or -1 for "
            "no attention."
        )


def _require_mismatched(gan, task: Task) -> None:
    if task.num_classes < 2 and gan.mismatched_weight:
        raise ValueError(
            f"config.gan.mismatched_weight={gan.mismatched_weight} needs targets of "
            "another class, but the data set has one class: set it to 0 or prepare "
            "more classes."
        )


def _require_data(gan, task: Task) -> None:
    if gan.posterior_weight and not gan.average_decay:
        raise ValueError(
            f"config.gan.posterior_weight={gan.posterior_weight} needs averages, whose "
            "statistics are those of noise: give --config.gan.average_decay=0.99, or "
            "--config.gan.posterior_weight=0."
        )
    if gan.prior == "learnt" and not gan.posterior_weight:
        raise ValueError(
            "config.gan.prior='learnt' needs a posterior to learn from: give "
            "--config.gan.prior=standard, or --config.gan.posterior_weight=0.005."
        )
    free = gan.reconstruction_weight and not gan.posterior_weight
    if not task.stem_aligned and free:
        raise ValueError(
            f"config.gan.reconstruction_weight={gan.reconstruction_weight} without a "
            "posterior needs pairs of one moment, but the data are class-aligned: "
            "give --config.gan.reconstruction_weight=0."
        )


def _require_pairs(own: float, asked: float, task: Task) -> None:
    weights = {"classifier.pair_weight": own, "gan.pair_weight": asked}
    used = [name for name, weight in weights.items() if weight]
    if not task.stem_aligned and used:
        raise ValueError(
            " and ".join(f"config.{name}={weights[name]}" for name in used)
            + " need pairs of one moment, but the data are class-aligned: give "
            + " ".join(f"--config.{name}=0" for name in used)
            + "."
        )
    if asked and not own:
        raise ValueError(
            f"config.gan.pair_weight={asked} asks recognisers that were not trained on "
            "pairs: give --config.classifier.pair_weight=1, or "
            "--config.gan.pair_weight=0."
        )


def _require_recognisers(config) -> None:
    asking = {
        "classifier.pair_weight": config.classifier.pair_weight,
        "gan.classification_weight": config.gan.classification_weight,
        "gan.pair_weight": config.gan.pair_weight,
        "note_reader.sources": config.note_reader.sources,
    }
    asked = [name for name, weight in asking.items() if weight]
    if config.classifier.objective != "classification" and asked:
        raise ValueError(
            f"config.classifier.objective={config.classifier.objective!r} trains no "
            f"recognisers, but they are asked: give "
            f"{' '.join(f'--config.{name}=0' for name in asked)}, or "
            "--config.classifier.objective=classification."
        )


def _require_notes(config, task: Task) -> None:
    if config.gan.note_weight and not config.note_reader.sources:
        raise ValueError(
            f"config.gan.note_weight={config.gan.note_weight} asks readers that learn "
            "from nothing: give --config.note_reader.sources=800, or "
            "--config.gan.note_weight=0."
        )
    lacks = "say none" if not task.pitched else "are class-aligned"
    if config.note_reader.sources and not (task.pitched and task.stem_aligned):
        raise ValueError(
            f"config.note_reader.sources={config.note_reader.sources} needs data that "
            f"say which note each pair plays, and these {lacks}: give "
            "--config.note_reader.sources=0, or train on data with notes."
        )
