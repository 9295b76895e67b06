"""What the ablations of attention and of spectral normalisation build."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from cmgan_jax.nets.attention import SelfAttention
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.registry import assemble

TASK = Task((64, 64, 3), (64, 64, 1), num_classes=13, stem_aligned=True)
NETWORKS = ("encoder", "generator", "discriminator")


def networks(config) -> dict:
    """Shapes of the variables of every network of the adversarial phase."""
    system = assemble(config, TASK)
    finished = system.inference_shapes(("recognisers",))
    state = jax.eval_shape(
        lambda done: system.phase("gan").init(jax.random.key(0), done), finished
    )
    return {name: getattr(state, name) for name in NETWORKS}


def attention_of(network) -> dict:
    """The parameters of attention by their path, wherever it stands."""
    flat = flatten_dict(network.params)
    return {path: leaf for path, leaf in flat.items() if "attention" in path}


@pytest.mark.parametrize("channels", [64, 128, 256, 512])
def test_attention_stands_at_the_same_maps_in_every_network(channels, settings):
    for name, network in networks(settings(f"attention_{channels}", "s2i")).items():
        (query,) = (v for p, v in attention_of(network).items() if "query" in p)
        assert query.shape == (1, 1, channels, channels // 8), name


def test_no_attention_in_any_network(settings):
    for network in networks(settings("no_attention", "i2s")).values():
        assert not attention_of(network)


def test_the_control_has_as_many_parameters_as_what_it_replaces(settings):
    def count(name):
        return [
            sum(leaf.size for leaf in attention_of(network).values())
            for network in networks(settings(name, "s2i")).values()
        ]

    ratios = np.array(count("residual_control")) / np.array(count("sa_cmgan"))
    assert np.all(np.abs(ratios - 1.0) < 0.02) and np.all(ratios != 1.0)


def test_the_control_looks_at_neighbours_alone():
    """A closed gate passes the map; an open one adds what 3 x 3 positions say."""
    block = SelfAttention(form="residual")
    x = jax.random.normal(jax.random.key(0), (1, 8, 8, 32))
    variables = block.init(jax.random.key(1), x, train=False)
    np.testing.assert_array_equal(block.apply(variables, x, train=False), x)
    variables["params"]["gate"] = jnp.float32(1.0)

    def change_of(x):
        return np.asarray(block.apply(variables, x, train=False) - x)[0]

    moved = np.abs(change_of(x.at[0, 4, 4].add(1.0)) - change_of(x)).sum(-1) > 1e-6
    rows, columns = np.nonzero(moved)
    assert {*rows} == {*columns} == {3, 4, 5}


@pytest.mark.parametrize(
    ("name", "normalised"),
    [
        ("sagan_attention", ("generator", "discriminator")),
        ("sa_cmgan", ("discriminator",)),
        ("no_spectral_norm", ()),
    ],
)
def test_every_kernel_of_those_named_is_normalised(name, normalised, settings):
    for direction in ("s2i", "i2s"):  # i2s has spectra
        for network, state in networks(settings(name, direction)).items():
            kernels = {p[:-1] for p in flatten_dict(state.params) if p[-1] == "kernel"}
            vectors = flatten_dict(state.collections.get("spectral_stats", {}))
            expected = kernels if network in normalised else set()
            assert {path[:-1] for path in vectors} == expected, network
