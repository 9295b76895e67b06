"""The classifier's update: it learns, and is the same on one device and on four."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.nets.encoder import Encoder
from cmgan_jax.nets.recogniser import Recogniser
from cmgan_jax.runs.digest import digest
from cmgan_jax.runtime import devices
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.training.augmentation import Variation
from cmgan_jax.training.optim import adam

SHAPE = (16, 16, 1)
VARIATION = Variation(shift=1, noise=0.1)
MODULE = Recogniser(
    encoder=Encoder(4, hidden_size=16, features_size=8, attention_stage=None),
    num_classes=2,
)
OPTIMIZER = adam(3e-3, beta1=0.9, beta2=0.999)


def batch() -> dict[str, np.ndarray]:
    """Pictures whose class is the half that is bright."""
    rng = np.random.default_rng(0)
    label = np.arange(8, dtype=np.int32) % 2
    pictures = rng.integers(0, 120, (8, *SHAPE), dtype=np.uint8)
    for picture, side in zip(pictures, label, strict=True):
        picture[:, 8 * side : 8 * side + 8] += 130
    return {"image": pictures, "label": label}


def initialise():
    root = jax.random.key(0)
    return classifier.init_state(MODULE, OPTIMIZER, root=root, shape=SHAPE)


@pytest.fixture(scope="module")
def state():
    return jax.jit(initialise)()


@pytest.fixture(scope="module")
def step():
    return jax.jit(
        classifier.make_step(MODULE, OPTIMIZER, modality="image", variation=VARIATION)
    )


def test_it_learns(step, state):
    start = state
    losses = []
    for _ in range(15):
        state, metrics = step(state, batch())
        losses.append(float(metrics["classifier_loss"]))
    assert losses[-1] < 0.3 < losses[0]
    assert float(metrics["classifier_accuracy"]) == 1.0
    assert int(state.step) == 15
    # The code is not this phase's business: it stays as it was initialised.
    codes = [s.network.params["encoder"]["code"] for s in (start, state)]
    assert jax.tree.all(jax.tree.map(np.array_equal, *codes))


def test_the_same_step_draws_the_same_numbers(step, state):
    first, second = (step(state, batch())[0] for _ in range(2))
    assert digest(first, step=0) == digest(second, step=0)
    later = state.replace(step=jnp.int32(1))
    other, _ = step(later, batch())
    assert digest(other.network, step=0) != digest(first.network, step=0)


def test_one_device_and_four_compute_the_same(step, state):
    mesh = devices.data_mesh()
    assert mesh.size == 4
    spread = jax.device_put(state, devices.replicated(mesh))
    there, metrics = step(spread, devices.to_devices(batch(), mesh))
    here, expected = step(state, batch())
    np.testing.assert_allclose(
        metrics["classifier_loss"], expected["classifier_loss"], rtol=1e-4
    )
    for one, four in zip(
        jax.tree.leaves(here.network.collections),
        jax.tree.leaves(there.network.collections),
        strict=True,
    ):
        np.testing.assert_allclose(four, one, rtol=1e-4, atol=1e-5)


def test_inference_is_the_network(state):
    assert set(state.inference) == {"params", "batch_stats"}
