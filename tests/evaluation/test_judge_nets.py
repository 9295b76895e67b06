"""The judges' networks: shapes, independence of neighbours, variation of the input."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.evaluation.judge_nets import PooledJudge, StridedJudge, vary


@pytest.mark.parametrize("network", [StridedJudge, PooledJudge])
@pytest.mark.parametrize(("modality", "channels"), [("image", 3), ("sound", 1)])
def test_features_and_logits(network, modality, channels):
    module = network(5, modality)
    x = jax.random.uniform(jax.random.key(0), (3, 16, 16, channels), minval=-1.0)
    variables = module.init(jax.random.key(1), x, train=False)
    features, logits = module.apply(variables, x, train=False, method="look")
    assert logits.shape == (3, 5) and features.ndim == 2 and len(features) == 3
    np.testing.assert_array_equal(logits, module.apply(variables, x, train=False))
    alone = module.apply(variables, x[1:2], train=False)
    np.testing.assert_allclose(alone, logits[1:2], atol=1e-5)


@pytest.mark.parametrize(("modality", "channels"), [("image", 3), ("sound", 1)])
def test_every_item_is_varied_by_itself_within_bounds(modality, channels):
    rng = np.random.default_rng(0)
    item = rng.uniform(-0.5, 0.5, (1, 16, 16, channels)).astype(np.float32)
    x = jnp.asarray(np.repeat(item, 4, axis=0))
    varied = vary(x, jax.random.key(0), modality=modality)
    assert varied.shape == x.shape
    assert float(jnp.abs(varied).max()) <= 1.0
    assert not np.allclose(varied[0], varied[1]) and not np.allclose(varied[0], x[0])
    change = np.abs(np.mean(varied, axis=(1, 2, 3)) - item.mean())
    assert change.max() <= (0.4 if modality == "image" else 0.2)


def test_a_sound_is_moved_in_time_and_never_in_pitch():
    x = jnp.full((8, 16, 16, 1), -0.5).at[:, 3, 8].set(0.5)
    varied = np.asarray(vary(x, jax.random.key(1), modality="sound"))[..., 0]
    rows, columns = zip(
        *[np.unravel_index(np.argmax(one), one.shape) for one in varied], strict=True
    )
    assert set(rows) == {3}
    assert set(columns) <= set(range(6, 11)) and len(set(columns)) > 1
