"""What the numbers of a configuration may be."""

import math
import operator
from types import SimpleNamespace

from cmgan_jax.training.rng import MOST_SEED

LEAST_ONE = {
    "classifier": ("batch_size", "steps"),
    "gan": ("batch_size", "steps", "discriminator_every"),
    "gallery": ("size",),
    "note_reader": ("edges", "targets", "few"),
    "model": ("width", "hidden_size", "features_size", "code_size", "z_size"),
    "run": (
        *("log_every", "sample_every", "checkpoint_every", "keep_checkpoints"),
        *("validation_examples", "steps_per_call"),
    ),
}
# Counted, though none is allowed.
WHOLE = ("shift", "spectra", "sketches", "sources", "axes")
LEAST_ZERO = {
    "classifier": ("pair_weight",),
    "variation.image": ("shift", "noise", "tint", "cutout"),
    "variation.sound": ("shift", "noise", "tint", "cutout"),
    "note_reader": ("sources", "axes"),
    "gan": (
        *("fake_weight", "mismatched_weight", "posterior_weight"),
        *("reconstruction_weight", "classification_weight", "pair_weight"),
        *("note_weight", "spectra", "sketches"),
    ),
}
RATES = {
    "classifier": ("learning_rate",),
    "gan": ("generator_learning_rate", "discriminator_learning_rate"),
}


def require_counts(config: SimpleNamespace) -> None:
    """Refuses sizes and intervals that no system accepts, and a seed.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    _require_number("seed", config.seed, 0, whole=True)
    if config.seed > MOST_SEED:
        raise ValueError(
            f"config.seed={config.seed}: expected {MOST_SEED} at most; a larger one "
            "would draw what a smaller one draws."
        )
    _require_at_least(config, LEAST_ONE, 1)


def require_weights(config: SimpleNamespace) -> None:
    """Refuses weights, rates and decays that no network is trained with.

    Raises:
      ValueError: names the field, what it holds and what it may hold.
    """
    _require_at_least(config, LEAST_ZERO, 0)
    _require_rates(config)


def _require_at_least(config, fields, least: int) -> None:
    for section, names in fields.items():
        for name in names:
            value = operator.attrgetter(f"{section}.{name}")(config)
            whole = least == 1 or name in WHOLE
            _require_number(f"{section}.{name}", value, least, whole=whole)


def _require_number(name: str, value: object, least: int, *, whole: bool) -> None:
    kind = int if whole else (int, float)
    is_one = _is_real(value) and isinstance(value, kind)
    if not (is_one and math.isfinite(value) and value >= least):
        expected = "a whole number" if whole else "a number"
        raise ValueError(
            f"config.{name}={value!r}: expected {expected}, {least} or more."
        )


def _require_rates(config) -> None:
    for section, names in RATES.items():
        fields = getattr(config, section)
        for name in names:
            value = getattr(fields, name)
            if not (_is_real(value) and 0.0 < value <= 1.0):
                raise ValueError(
                    f"config.{section}.{name}={value!r}: expected a positive rate, 1 "
                    "at most."
                )
        for name in ("beta1", "beta2"):
            _require_decay(f"{section}.{name}", getattr(fields, name))
    _require_decay("gan.average_decay", config.gan.average_decay)
    share = config.classifier.decay_from
    if not (_is_real(share) and 0.0 <= share <= 1.0):
        raise ValueError(
            f"config.classifier.decay_from={share!r}: expected a share of the steps, 0 "
            "to 1."
        )


def _require_decay(name: str, value: object) -> None:
    if not (_is_real(value) and 0.0 <= value < 1.0):
        raise ValueError(f"config.{name}={value!r}: expected a value in [0, 1).")


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
