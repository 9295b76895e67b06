"""The prior that has the moments of what a posterior finds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.systems import prior

CENTRE = np.array([0.5, -2.0, 1.0], np.float32)
SPREAD = np.array([[2.0, 0, 0], [-1.0, 0.5, 0], [0.3, 0.2, 0.8]], np.float32)
LOG_VARIANCE = np.array([-1.0, 0.0, -4.0], np.float32)


@pytest.fixture(scope="module")
def learnt():
    """After 1,500 batches of means that are normal themselves."""

    def step(before, key):
        noise = jax.random.normal(key, (32, 3))
        mean = CENTRE[None] + noise @ SPREAD.T
        return prior.moved(before, mean, jnp.tile(LOG_VARIANCE, (32, 1))), None

    keys = jax.random.split(jax.random.key(0), 1500)
    return jax.jit(lambda: jax.lax.scan(step, prior.new_prior(3), keys)[0])()


def test_it_has_the_moments_of_what_is_found(learnt):
    """Means vary, and each is only the middle of what the posterior thinks possible."""
    covariance = learnt["factor"] @ learnt["factor"].T
    expected = SPREAD @ SPREAD.T + np.diag(np.exp(LOG_VARIANCE))
    np.testing.assert_allclose(learnt["mean"], CENTRE, atol=0.1)
    np.testing.assert_allclose(covariance, expected, atol=0.35)
    np.testing.assert_array_equal(learnt["factor"], jnp.tril(learnt["factor"]))


def test_noise_gets_those_moments(learnt):
    noise = jax.random.normal(jax.random.key(1), (4000, 3))
    z = prior.from_noise(learnt, noise)
    np.testing.assert_allclose(z.mean(0), learnt["mean"], atol=0.1)
    covariance = learnt["factor"] @ learnt["factor"].T
    np.testing.assert_allclose(np.cov(z.T), covariance, atol=0.35)


def test_noise_stays_noise_of_the_standard_prior():
    noise = jax.random.normal(jax.random.key(1), (4, 3))
    assert prior.from_noise(None, noise) is noise
    np.testing.assert_array_equal(prior.from_noise(prior.new_prior(3), noise), noise)


def test_what_generates_keeps_it(listening, default):
    for variables in (listening.after.inference, listening.after.raw):
        assert variables["prior"] is listening.after.prior
    assert "prior" not in default.after.inference
