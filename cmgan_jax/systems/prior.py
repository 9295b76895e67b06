"""The prior of z: standard normal, or normal with the moments of what is found.

What a posterior finds in targets has other moments than the standard normal noise that
it is only held close to: a generator that meets noise alone at test time then makes
part of what it learnt to make. Learnt priors of this kind are known from variational
autoencoders (Tomczak and Welling 2018; fitted afterwards: Ghosh et al. 2020).
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from cmgan_jax.training.state import Tree

PRIORS = ("standard", "learnt")
DECAY = 0.99  # of the moments, at each step


def new_prior(size: int) -> Tree:
    """The standard normal one, to be moved.

    Returns:
      {"mean" [q], "factor" [q q]}: the mean of z and a lower triangular factor of its
      covariance.
    """
    return {"mean": jnp.zeros(size), "factor": jnp.eye(size)}


def from_noise(prior: Tree | None, noise: Float[Array, "b q"]) -> Float[Array, "b q"]:
    """z of a prior from standard normal noise; None is the standard normal one."""
    if prior is None:
        return noise
    return prior["mean"][None] + _product(noise, prior["factor"].T)


def moved(
    prior: Tree, mean: Float[Array, "b q"], log_variance: Float[Array, "b q"]
) -> Tree:
    """The prior after a batch in whose targets a posterior found z of these moments."""
    away = mean - prior["mean"][None]
    shift = (1.0 - DECAY) * away.mean(0)
    # About the old mean, less what its own shift explains.
    found = _product(away.T, away) / len(away) + jnp.diag(jnp.exp(log_variance).mean(0))
    old = _product(prior["factor"], prior["factor"].T)
    covariance = DECAY * old + (1.0 - DECAY) * found - jnp.outer(shift, shift)
    return {
        "mean": prior["mean"] + shift,
        "factor": jnp.linalg.cholesky(covariance, symmetrize_input=False),
    }


def _product(a: Float[Array, "a b"], b: Float[Array, "b c"]) -> Float[Array, "a c"]:
    # Rounding would stay in the moments from step to step.
    return jnp.matmul(a, b, precision=jax.lax.Precision.HIGHEST)
