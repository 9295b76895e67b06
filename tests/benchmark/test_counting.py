"""Arithmetic counted by hand."""

import jax
import jax.numpy as jnp

from cmgan_jax.benchmark.counting import count_flops
from cmgan_jax.nets.convolution import conv_transpose


def test_a_product_in_a_loop_counts_every_time():
    x = jnp.ones((5, 3, 4))

    def looped(x):
        return jax.lax.map(lambda one: one @ one.T, x)

    assert count_flops(looped, x) == 5 * 2 * 3 * 4 * 3
    assert count_flops(jax.jit(looped), x) == 5 * 2 * 3 * 4 * 3


def test_one_branch_counts():
    def either(x):
        return jax.lax.cond(x[0, 0] > 0, lambda x: x @ x @ x, lambda x: x @ x, x)

    assert count_flops(either, jnp.ones((2, 2))) == 2 * 2 * 2**3


def test_zeros_of_a_dilation_are_no_work():
    x, kernel = jnp.ones((2, 4, 4, 3)), jnp.ones((4, 4, 3, 5))
    # Every input value meets the whole window and every output channel once.
    useful = 2 * (2 * 4 * 4) * 3 * 5 * (4 * 4)
    assert count_flops(lambda x, k: conv_transpose(x, k, 2), x, kernel) == useful


def test_what_nobody_reads_is_no_work():
    @jax.jit
    def two(x):
        return x @ x, x @ x @ x

    assert count_flops(lambda x: two(x)[0], jnp.ones((2, 2))) == 2 * 2**3
