"""Power iteration against NumPy's singular values, and its two gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.spectral_norm import SpectralNorm, normalise, power_iteration

DRAW = np.random.default_rng(0)
MATRIX = jnp.asarray(DRAW.standard_normal((12, 7)), jnp.float32)
U = jnp.asarray(DRAW.standard_normal(7), jnp.float32)


def test_power_iteration_finds_the_largest_singular_value():
    sigma, u = power_iteration(MATRIX, U, iterations=200, differentiate=False)
    _, values, vectors = np.linalg.svd(MATRIX)
    np.testing.assert_allclose(sigma, values[0], rtol=1e-5)
    np.testing.assert_allclose(abs(u @ vectors[0]), 1.0, rtol=1e-5)


def test_constant_vectors_give_the_outer_product_as_gradient():
    def sigma(matrix):
        return power_iteration(matrix, U, iterations=1, differentiate=False)[0]

    v = MATRIX @ U
    v = v / jnp.linalg.norm(v)
    u = MATRIX.T @ v
    u = u / jnp.linalg.norm(u)
    np.testing.assert_allclose(jax.grad(sigma)(MATRIX), jnp.outer(v, u), atol=1e-5)


def test_differentiated_vectors_give_the_exact_gradient():
    def sigma(matrix):
        return power_iteration(matrix, U, iterations=1, differentiate=True)[0]

    towards = jnp.asarray(DRAW.standard_normal((12, 7)), jnp.float32)
    step = 1e-2 * towards
    difference = (sigma(MATRIX + step) - sigma(MATRIX - step)) / 2e-2
    along = jnp.vdot(jax.grad(sigma)(MATRIX), towards)
    np.testing.assert_allclose(along, difference, rtol=1e-2)


@pytest.mark.parametrize("differentiate", [False, True])
def test_normalised_kernel_has_spectral_norm_one(differentiate):
    kernel, _ = normalise(
        MATRIX.reshape(2, 2, 3, 7),
        U,
        spectral_norm=SpectralNorm(iterations=100, differentiate=differentiate),
    )
    assert kernel.shape == (2, 2, 3, 7)
    largest = np.linalg.svd(kernel.reshape(12, 7), compute_uv=False)[0]
    np.testing.assert_allclose(largest, 1.0, rtol=1e-4)


def test_no_iterations_are_refused():
    with pytest.raises(ValueError, match="expected 1 or more"):
        SpectralNorm(iterations=0)
