"""Optimizers of the systems."""

import optax


def adam(
    learning_rate: float,
    *,
    beta1: float,
    beta2: float,
    steps: int = 0,
    decay_from: float = 1.0,
) -> optax.GradientTransformation:
    """Adam (Kingma and Ba 2015) with epsilon 1e-8, as every system here uses it.

    Args:
      learning_rate: at the start.
      beta1: decay of the mean gradient.
      beta2: decay of the mean squared gradient.
      steps: updates of the whole phase, where the rate falls.
      decay_from: the share of them after which the rate falls linearly to 0; 1.0
        keeps it.
    """
    rate: optax.ScalarOrSchedule = learning_rate
    begin = int(decay_from * steps)
    if begin < steps:
        rate = optax.linear_schedule(learning_rate, 0.0, steps - begin, begin)
    return optax.adam(rate, b1=beta1, b2=beta2, eps=1e-8)
