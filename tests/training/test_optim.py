"""The rate of an optimizer over a phase."""

import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.training.optim import adam


def moves(optimizer, count: int) -> np.ndarray:
    """How far each of so many updates goes, under one constant gradient."""
    params = jnp.zeros(())
    state, sizes = optimizer.init(params), []
    for _ in range(count):
        update, state = optimizer.update(jnp.ones(()), state, params)
        sizes.append(-float(update))
    return np.array(sizes)


def test_the_rate_stays():
    steady = moves(adam(0.1, beta1=0.5, beta2=0.9), 10)
    np.testing.assert_allclose(steady, 0.1, rtol=1e-5)


@pytest.mark.parametrize("decay_from", [0.0, 0.5])
def test_the_rate_falls_to_nothing(decay_from):
    falls = adam(0.1, beta1=0.5, beta2=0.9, steps=10, decay_from=decay_from)
    begin = int(10 * decay_from)
    expected = 0.1 * np.minimum(1.0, (10 - np.arange(12)) / (10 - begin)).clip(0.0)
    np.testing.assert_allclose(moves(falls, 12), expected, rtol=1e-4, atol=1e-7)
