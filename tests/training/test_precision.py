"""float32 is float32 on accelerators where it matters, read off what they would run.

Their matrix products round float32 factors to bfloat16 (TPU) or TF32 (GPU) unless told
not to.
"""

import functools

import jax
import jax.numpy as jnp
import pytest

from cmgan_jax.nets.layers import BatchNorm
from cmgan_jax.nets.spectral_norm import power_iteration
from cmgan_jax.signals.inversion import invert
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems import prior
from cmgan_jax.training import losses

SMALL = Representation(n_mels=16, n_fft=256, hop_length=128)


def shape(*lengths, dtype=jnp.float32):
    return jax.ShapeDtypeStruct(lengths, dtype)


PRIOR = {"mean": shape(4), "factor": shape(4, 4)}


def lowered(function, *arguments):
    traced = jax.jit(function).trace(*arguments)
    return traced.lower(lowering_platforms=("tpu",)).as_text().splitlines()


def power(matrix, u):
    return power_iteration(matrix, u, iterations=2, differentiate=True)[0]


def sound(log_mel, filter_bank):
    return invert(
        log_mel,
        filter_bank=filter_bank,
        representation=SMALL,
        key=jax.random.key(0),
        iterations=1,
    )


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (jax.grad(power), (shape(6, 4), shape(4))),
        (jax.grad(losses.pair_loss), (shape(4, 8), shape(4, 8))),
        (sound, (shape(2, 16, SMALL.frames), shape(16, 129))),
        (prior.moved, (PRIOR, shape(8, 4), shape(8, 4))),
        (prior.from_noise, (PRIOR, shape(8, 4))),
    ],
    ids=["power iteration", "pair loss", "inversion", "prior", "noise"],
)
def test_products_keep_their_factors(function, arguments):
    lines = lowered(function, *arguments)
    products = [line for line in lines if "dot_general" in line]
    assert products and all("HIGHEST, HIGHEST" in line for line in products)


def gan_loss(real, fake, mismatched):
    loss = losses.adversarial_loss("hinge")
    return losses.discriminator_loss(loss, real=real, fake=fake, mismatched=mismatched)


def normalised(x):
    norm = BatchNorm(dtype=jnp.bfloat16)
    variables = norm.init(jax.random.key(0), x, train=True)
    return norm.apply(variables, x, train=True, mutable=["batch_stats"])


half = functools.partial(shape, dtype=jnp.bfloat16)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (gan_loss, (half(8), half(8), half(8))),
        (losses.classification_loss, (half(8, 3), shape(8, dtype=jnp.int32))),
        (losses.reconstruction_loss, (half(8, 2, 2, 1), half(8, 2, 2, 1))),
        (losses.pair_loss, (half(8, 3), half(8, 3))),
        (normalised, (half(8, 4),)),
    ],
)
def test_losses_and_statistics_are_float32_though_networks_are_not(function, arguments):
    lines = lowered(function, *arguments)
    in_half = [line for line in lines if "bf16" in line and "stablehlo." in line]
    arithmetic = [x for x in in_half if "convert" not in x and "reshape" not in x]
    assert in_half and not arithmetic
