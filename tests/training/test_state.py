"""Networks as state: which parameters move, and what an average is."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

from cmgan_jax.training import state
from cmgan_jax.training.optim import adam


class Normalised(nn.Module):
    """Two layers with batch normalisation between them."""

    @nn.compact
    def __call__(self, x, *, train: bool):
        x = nn.Dense(3, name="first")(x)
        x = nn.BatchNorm(use_running_average=not train, name="norm")(x)
        return nn.Dense(1, name="second")(x)


MODULE = Normalised()
X = jax.random.normal(jax.random.key(1), (4, 2)) + 3.0
VARIABLES = MODULE.init(jax.random.key(0), X, train=False)


def test_new_network_separates_parameters_and_collections():
    network = state.new_network(VARIABLES, optax.sgd(0.5))
    assert set(network.params) == {"first", "norm", "second"}
    assert set(network.collections) == {"batch_stats"}
    assert jax.tree.all(jax.tree.map(np.array_equal, network.variables, VARIABLES))


def test_a_frozen_network_has_no_optimizer_state():
    frozen = state.new_network(VARIABLES, adam(1e-3, beta1=0.5, beta2=0.9), trained=())
    assert frozen.opt_state is None
    part = state.new_network(
        VARIABLES, adam(1e-3, beta1=0.5, beta2=0.9), trained=("second",)
    )
    moments = part.opt_state[0].mu
    assert set(moments) == {"second"}


def test_training_moves_the_averages_and_evaluation_nothing():
    network = state.new_network(VARIABLES, optax.sgd(0.5))
    _, collections = state.apply_training(MODULE, network, network.params, X)
    before = network.collections["batch_stats"]["norm"]["mean"]
    assert not np.allclose(collections["batch_stats"]["norm"]["mean"], before)
    output = state.apply_evaluation(MODULE, network.variables, X)
    np.testing.assert_array_equal(
        output, state.apply_evaluation(MODULE, network.variables, X)
    )


def test_gradients_move_the_parameters_they_name():
    optimizer = optax.sgd(0.5)
    network = state.new_network(VARIABLES, optimizer, trained=("second",))
    gradients = {"second": jax.tree.map(jnp.ones_like, network.params["second"])}
    updated = state.apply_gradients(network, gradients, optimizer)
    for name in ("first", "norm"):
        same = jax.tree.map(np.array_equal, updated.params[name], network.params[name])
        assert jax.tree.all(same)
    np.testing.assert_allclose(
        updated.params["second"]["kernel"], network.params["second"]["kernel"] - 0.5
    )


def test_moving_average_goes_the_undecayed_share_of_the_way():
    average = state.moving_average(
        {"a": jnp.array(2.0)}, {"a": jnp.array(4.0)}, decay=0.75
    )
    assert float(average["a"]) == 2.5


def test_inference_prefers_the_averages():
    network = state.new_network(VARIABLES, optax.sgd(0.5))
    gan = state.GanState(
        step=jnp.zeros((), jnp.int32),
        rng=jax.random.key(0),
        encoder=network,
        generator=network,
        discriminator=network,
    )
    assert set(gan.inference) == {"encoder", "generator"}
    averaged = jax.tree.map(jnp.zeros_like, gan.inference)
    assert gan.replace(averaged=averaged).inference is averaged
