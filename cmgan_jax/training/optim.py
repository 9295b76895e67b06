"""Optimizers of the systems."""

import optax


def adam(
    learning_rate: float, *, beta1: float, beta2: float
) -> optax.GradientTransformation:
    """Adam (Kingma and Ba 2015) with epsilon 1e-8, as every system here uses it."""
    return optax.adam(learning_rate, b1=beta1, b2=beta2, eps=1e-8)
