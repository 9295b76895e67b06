"""Spectral normalisation: a kernel divided by its largest singular value."""

import dataclasses
import functools

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

EPSILON = 1e-12


@dataclasses.dataclass(frozen=True)
class SpectralNorm:
    """How a layer normalises its kernel.

    Attributes:
      iterations: power iterations per forward pass.
      differentiate: let the gradient flow through the singular vectors (the authors'
        graph); False holds them constant (Miyato et al. 2018, section 2.1).
    """

    iterations: int = 1
    differentiate: bool = False

    def __post_init__(self):
        if self.iterations < 1:
            raise ValueError(
                f"SpectralNorm(iterations={self.iterations}): expected 1 or more; "
                "leave the layer's spectral_norm at None to switch it off."
            )


def power_iteration(
    matrix: Float[Array, "m n"],
    u: Float[Array, " n"],
    *,
    iterations: int,
    differentiate: bool,
) -> tuple[Float[Array, ""], Float[Array, " n"]]:
    """Estimates the largest singular value (Miyato et al. 2018, algorithm 1).

    Args:
      matrix: kernel with its output features last.
      u: estimate of the right singular vector, any length but zero.
      iterations: number of refinements, 1 or more.
      differentiate: let the gradient flow through the singular vectors.

    Returns:
      The singular value and the refined vector, of length one.
    """
    source = matrix if differentiate else lax.stop_gradient(matrix)
    for _ in range(iterations):
        v = _unit(_product(source, u))
        u = _unit(_product(v, source))
    return _product(_product(v, matrix), u), u


def normalise(
    kernel: Float[Array, "*window f"],
    u: Float[Array, " f"],
    *,
    spectral_norm: SpectralNorm,
) -> tuple[Float[Array, "*window f"], Float[Array, " f"]]:
    """Divides a float32 kernel by its estimated largest singular value.

    Args:
      kernel: kernel with its output features last.
      u: persistent estimate of the right singular vector.
      spectral_norm: number of iterations and kind of gradient.

    Returns:
      The kernel of spectral norm about one, and the refined vector.
    """
    sigma, u = power_iteration(
        kernel.reshape(-1, kernel.shape[-1]),
        u,
        iterations=spectral_norm.iterations,
        differentiate=spectral_norm.differentiate,
    )
    return kernel / sigma, u


# An accelerator rounds factors to bfloat16 unless told not to.
_product = functools.partial(jnp.matmul, precision=lax.Precision.HIGHEST)


def _unit(vector):
    """Scales to length one; the sum is guarded as in the authors' graph."""
    return vector / (jnp.sqrt(jnp.sum(vector**2)) + EPSILON)
