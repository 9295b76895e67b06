"""Losses against values worked out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.training import losses

REAL, FAKE, MISMATCHED = (jnp.array(x) for x in ([2.0, 0.0], [-3.0, 1.0], [0.5, -0.5]))


def log1p_exp(*values: float) -> float:
    return float(np.mean([np.log1p(np.exp(value)) for value in values]))


# Per loss: mean penalty of REAL, of FAKE, of MISMATCHED, and the generator's of FAKE.
BY_HAND = {
    "hinge": ((0 + 1) / 2, (0 + 2) / 2, (1.5 + 0.5) / 2, (3 - 1) / 2),
    "non_saturating": (
        log1p_exp(-2, 0),
        log1p_exp(-3, 1),
        log1p_exp(0.5, -0.5),
        log1p_exp(3, -1),
    ),
    "least_squares": ((1 + 1) / 2, (9 + 1) / 2, 0.25, (16 + 0) / 2),
    "wasserstein": (-1.0, -1.0, 0.0, 1.0),
}


def test_every_loss_is_checked_here():
    assert set(BY_HAND) == set(losses.ADVERSARIAL_LOSSES)


@pytest.mark.parametrize("name", BY_HAND)
def test_discriminator_and_generator(name):
    loss = losses.adversarial_loss(name)
    real, fake, mismatched, generated = BY_HAND[name]
    logits = {"real": REAL, "fake": FAKE, "mismatched": MISMATCHED}
    halves = losses.discriminator_loss(loss, **logits)
    np.testing.assert_allclose(halves, real + 0.5 * (fake + mismatched), rtol=1e-6)
    weighted = losses.discriminator_loss(
        loss, **logits, fake_weight=0.75, mismatched_weight=0.0
    )
    np.testing.assert_allclose(weighted, real + 0.75 * fake, rtol=1e-6)
    np.testing.assert_allclose(losses.generator_loss(loss, FAKE), generated, rtol=1e-6)


def test_a_better_generator_and_discriminator_have_smaller_losses():
    better, worse = jnp.array([0.9]), jnp.array([-0.9])
    for name in losses.ADVERSARIAL_LOSSES:
        loss = losses.adversarial_loss(name)
        assert losses.generator_loss(loss, better) < losses.generator_loss(loss, worse)
        right = {"real": better, "fake": worse, "mismatched": worse}
        wrong = {"real": worse, "fake": better, "mismatched": better}
        assert losses.discriminator_loss(loss, **right) < losses.discriminator_loss(
            loss, **wrong
        )


def test_losses_are_float32_whatever_the_logits():
    half = [x.astype(jnp.bfloat16) for x in (REAL, FAKE, MISMATCHED)]
    loss = losses.adversarial_loss("hinge")
    d_loss = losses.discriminator_loss(
        loss, real=half[0], fake=half[1], mismatched=half[2]
    )
    picture = jnp.zeros((1, 2, 2, 1), jnp.bfloat16)
    dtypes = {
        d_loss.dtype,
        losses.generator_loss(loss, half[1]).dtype,
        losses.reconstruction_loss(picture, picture).dtype,
        losses.classification_loss(half[0][None], jnp.array([0])).dtype,
    }
    assert dtypes == {jnp.dtype(jnp.float32)}


def test_reconstruction_is_the_mean_absolute_error():
    generated = jnp.array([[[[-1.0], [0.5]]], [[[1.0], [0.0]]]])
    target = jnp.array([[[[1.0], [0.0]]], [[[1.0], [1.0]]]])
    loss = losses.reconstruction_loss(generated, target)
    assert float(loss) == (2.0 + 0.5 + 0.0 + 1.0) / 4


def test_classification_is_the_mean_cross_entropy_in_nats():
    logits = jnp.array([[0.0, 0.0], [np.log(3.0), 0.0]])
    loss = losses.classification_loss(logits, jnp.array([1, 0]))
    np.testing.assert_allclose(loss, (np.log(2) + np.log(4 / 3)) / 2, rtol=1e-6)


def test_unknown_loss_lists_the_known():
    with pytest.raises(ValueError, match=r"'hing' is unknown.*hinge, non_saturating"):
        losses.adversarial_loss("hing")


def test_pairs_are_found_by_their_cosines_both_ways():
    """Cosines 1 and 0 for the first, 0.6 and 0.8 for the second, over 0.1."""
    one = jnp.array([[1.0, 0.0], [0.6, 0.8]])
    other = jnp.array([[1.0, 0.0], [0.0, 1.0]])
    there = (log1p_exp(-10) + log1p_exp(-2)) / 2
    back = (log1p_exp(-4) + log1p_exp(-8)) / 2
    found = losses.pair_loss(one, other)
    np.testing.assert_allclose(found, (there + back) / 2, rtol=1e-4)
    same = losses.pair_loss(one[:1].repeat(4, 0), one[:1].repeat(4, 0))
    np.testing.assert_allclose(same, np.log(4), rtol=1e-5)


def test_divergence_is_none_for_noise_and_grows_with_what_z_says():
    zero = jnp.zeros((2, 3))
    assert losses.divergence(zero, zero) == 0.0
    # Half of m^2, and half of e^s - 1 - s, summed over z, averaged over the batch.
    mean = jnp.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(losses.divergence(mean, zero), 1.0)
    narrow = losses.divergence(zero, zero - 2.0)
    np.testing.assert_allclose(narrow, 1.5 * (np.exp(-2) + 1.0), rtol=1e-5)
