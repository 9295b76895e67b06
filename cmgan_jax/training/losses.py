"""Losses of the discriminator, the generator and the classifiers, in float32.

An adversarial loss judges single logits. The discriminator sees three kinds of pairs:
real (target and code of one moment), fake (generated target) and mismatched (a real
target of another class); GAN-CLS weighting gives each negative kind half the weight of
the positive one (Reed et al. 2016; Chen et al. 2017, section 3; SA-CMGAN, equation 3).
"""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Float, Int

Logits = Float[Array, " b"]
PerExample = Callable[[Logits], Logits]


@dataclasses.dataclass(frozen=True)
class AdversarialLoss:
    """How single logits are penalised.

    Attributes:
      real: the discriminator's penalty of a pair it should accept.
      unreal: the discriminator's penalty of a pair it should reject.
      generated: the generator's penalty of its own pair.
    """

    real: PerExample
    unreal: PerExample
    generated: PerExample


ADVERSARIAL_LOSSES = {
    # Geometric GAN (Lim and Ye 2017); the reference and SAGAN use it.
    "hinge": AdversarialLoss(
        real=lambda logit: jax.nn.relu(1.0 - logit),
        unreal=lambda logit: jax.nn.relu(1.0 + logit),
        generated=lambda logit: -logit,
    ),
    # Goodfellow et al. 2014; Chen 2017 and CMCGAN use it (there as log-sigmoids).
    "non_saturating": AdversarialLoss(
        real=lambda logit: jax.nn.softplus(-logit),
        unreal=jax.nn.softplus,
        generated=lambda logit: jax.nn.softplus(-logit),
    ),
    # Mao et al. 2017.
    "least_squares": AdversarialLoss(
        real=lambda logit: jnp.square(logit - 1.0),
        unreal=jnp.square,
        generated=lambda logit: jnp.square(logit - 1.0),
    ),
    # Arjovsky et al. 2017; spectral normalisation bounds the Lipschitz constant.
    "wasserstein": AdversarialLoss(
        real=lambda logit: -logit,
        unreal=lambda logit: logit,
        generated=lambda logit: -logit,
    ),
}


def adversarial_loss(name: str) -> AdversarialLoss:
    """The adversarial loss called `name`.

    Raises:
      ValueError: no loss has this name.
    """
    if name not in ADVERSARIAL_LOSSES:
        raise ValueError(
            f"adversarial loss {name!r} is unknown; known: "
            f"{', '.join(ADVERSARIAL_LOSSES)}."
        )
    return ADVERSARIAL_LOSSES[name]


def discriminator_loss(
    loss: AdversarialLoss,
    *,
    real: Logits,
    fake: Logits,
    mismatched: Logits | None = None,
    fake_weight: float = 0.5,
    mismatched_weight: float = 0.5,
) -> Float[Array, ""]:
    """Penalty of the discriminator over one batch of each kind of pair.

    Args:
      loss: how single logits are penalised.
      real: logits of real targets with their own code.
      fake: logits of generated targets with the code they were made from.
      mismatched: logits of real targets with the code of another class; None leaves
        them out, which gives Chen's S2I-N.
      fake_weight: weight of the generated pairs; 1/2 in every published system.
      mismatched_weight: weight of the mismatched pairs.
    """
    real, fake = real.astype(jnp.float32), fake.astype(jnp.float32)
    penalty = loss.real(real).mean() + fake_weight * loss.unreal(fake).mean()
    if mismatched is not None:
        mismatched = mismatched.astype(jnp.float32)
        penalty += mismatched_weight * loss.unreal(mismatched).mean()
    return penalty


def generator_loss(loss: AdversarialLoss, fake: Logits) -> Float[Array, ""]:
    """Penalty of the generator for the logits of its own targets."""
    return loss.generated(fake.astype(jnp.float32)).mean()


def reconstruction_loss(
    generated: Float[Array, "b h w c"], target: Float[Array, "b h w c"]
) -> Float[Array, ""]:
    """Mean absolute difference of generated and real targets, both in [-1, 1]."""
    return jnp.abs(generated.astype(jnp.float32) - target.astype(jnp.float32)).mean()


def classification_loss(
    logits: Float[Array, "b m"], label: Int[Array, " b"]
) -> Float[Array, ""]:
    """Cross-entropy of the softmax of logits, in nats, averaged over the batch."""
    logits = logits.astype(jnp.float32)
    return optax.losses.softmax_cross_entropy_with_integer_labels(logits, label).mean()


# How sharply pairs are told apart: differences of cosines are divided by it.
_TEMPERATURE = 0.1


def pair_loss(one: Float[Array, "b k"], other: Float[Array, "b k"]) -> Float[Array, ""]:
    """Cross-entropy of finding each item's partner among the batch's, both ways.

    InfoNCE (van den Oord et al. 2018) in the symmetric form of CLIP (Radford et al.
    2021), averaged over both ways, in nats. log(b) is chance; a batch holds several
    pairs of a class, so knowing the class alone leaves the logarithm of their number.

    Args:
      one: places of length one of items of one modality, [b k].
      other: those of their partners, row by row.
    """
    one, other = one.astype(jnp.float32), other.astype(jnp.float32)
    # An accelerator rounds factors to bfloat16 unless told not to.
    cosines = jnp.matmul(one, other.T, precision=lax.Precision.HIGHEST) / _TEMPERATURE
    partner = jnp.arange(cosines.shape[0])
    there = classification_loss(cosines, partner)
    return (there + classification_loss(cosines.T, partner)) / 2


def divergence(
    mean: Float[Array, "b q"], log_variance: Float[Array, "b q"]
) -> Float[Array, ""]:
    """Kullback-Leibler divergence of normal z from standard normal noise, in nats.

    Summed over z, averaged over the batch (Kingma and Welling 2014, appendix B).
    """
    each = jnp.exp(log_variance) + jnp.square(mean) - 1.0 - log_variance
    return 0.5 * jnp.sum(each, -1).mean()
