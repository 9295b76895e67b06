"""What a run logs while it trains."""

import numpy as np
import pytest

from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.validation import look


def always(name, guess):
    def see(items):
        return np.zeros((len(items), 1), np.float32), np.eye(2, dtype=np.float32)[guess]

    return Judge(name, "image", "judging", {}, "0", see)


def test_the_stricter_judge_and_the_diversity_within_classes_are_logged():
    label = np.array([0, 0, 1, 1])
    levels = np.array([10, 14, 200, 202], np.uint8)[:, None, None, None]
    real = levels * np.ones((2, 2, 3), np.uint8)
    generated = np.array([50, 51, 60, 61], np.uint8)[:, None, None, None] * np.ones(
        (2, 2, 3), np.uint8
    )
    judges = always("a", [0, 0, 1, 0]), always("b", [0, 1, 1, 0])
    scalars = look(generated, real, label, judges)
    assert scalars == {
        "validation_accuracy": 0.5,
        "validation_diversity": pytest.approx((0.25 + 0.5) / 2),
        # The features of these judges tell nothing apart.
        "validation_distance": 0.0,
    }
    assert "validation_accuracy" not in look(generated, real, label, ())
