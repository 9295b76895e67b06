"""S2I-C, I2S, S2I-N and S2I-A of Chen et al. 2017."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from cmgan_jax.nets.discriminator import Discriminator
from cmgan_jax.signals.representation import to_unit
from cmgan_jax.systems.interface import Task
from cmgan_jax.systems.registry import assemble
from cmgan_jax.systems.sa_cmgan import gan_parts
from cmgan_jax.training.losses import ADVERSARIAL_LOSSES

TASK = Task((64, 64, 3), (64, 64, 1), num_classes=13, stem_aligned=True)
SMALL = Task((16, 16, 3), (16, 16, 1), num_classes=2, stem_aligned=True)
FIELDS = {
    "model.width": 4,
    "model.hidden_size": 32,
    "classifier.batch_size": 8,
    "classifier.learning_rate": 3e-3,
}


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_nothing_but_what_was_published(direction, settings):
    config = settings("chen2017", direction)
    parts, system = gan_parts(config, TASK), assemble(config, TASK)
    assert parts.loss is ADVERSARIAL_LOSSES["non_saturating"] and parts.z_size == 10
    assert (parts.fake_weight, parts.mismatched_weight) == (0.5, 0.5)
    assert parts.conditioning.trained == ("code",) and not parts.reconstruction_weight
    finished = system.inference_shapes(("recognisers",))
    state = jax.eval_shape(
        lambda done: system.phase("gan").init(jax.random.key(0), done), finished
    )
    assert state.averaged is None and state.posterior is None
    assert state.target_recogniser is None and not system.labels_used
    assert "spectral_stats" not in state.discriminator.collections
    flat = flatten_dict(state.discriminator.params)
    assert not any("attention" in path for path in flat)
    # Reed's 1 x 1 convolution, then one of the whole 4 x 4 map to a number.
    assert flat[("hidden", "dense", "kernel")].shape == (512 + 64, 512)
    assert flat[("logit", "kernel")].shape == (4 * 4 * 512, 1)


def test_the_head_judges_target_and_code_together():
    """Not as a sum of two verdicts, which no mismatched pair could change."""
    judge = Discriminator(
        width=4, head="convolution", attention_stage=None, spectral_norm=None
    )
    keys = jax.random.split(jax.random.key(0), 3)
    x, code = (jax.random.normal(keys[0], (2, 16, 16, 3)), jnp.eye(2, 5) * 9)

    @jax.jit
    def sums():
        variables = judge.init(keys[1], x, code, train=False)
        return [
            judge.apply(variables, x, some, train=False).sum()
            for some in (code, code[::-1])
        ]

    own, exchanged = sums()
    assert abs(float(own - exchanged)) > 1e-3


def test_s2i_n_never_sees_a_mismatched_pair(settings):
    needs = assemble(settings("s2i_n", "s2i"), TASK).phase("gan").needs
    assert needs.fields == ("sound", "image")
    needs = assemble(settings("chen2017", "s2i"), TASK).phase("gan").needs
    assert needs.fields == ("sound", "image", "mismatched_image")


def bars(rng, n: int) -> dict:
    """Pairs that are bright at a height of their own; labels are noise."""
    image, sound = np.full((n, 16, 16, 3), 40), np.full((n, 16, 16, 1), 60)
    for row, (one, other) in enumerate(rng.integers(0, 12, (n, 2))):
        image[row, one : one + 4] = 200
        sound[row, other : other + 4] = 230
    fields = {"image": image.astype(np.uint8), "sound": sound.astype(np.uint8)}
    return fields | {"label": rng.integers(0, 2, n).astype(np.int32)}


def test_autoencoders_make_both_modalities_again(settings):
    config = settings("s2i_a", "s2i", FIELDS)
    system, rng = assemble(config, SMALL), np.random.default_rng(0)
    phase = system.phase("autoencoders")
    assert not system.recognitions and phase.either_way
    begun = jax.jit(lambda: phase.init(jax.random.key(0), {}))()
    state, step, first = begun, jax.jit(phase.step), None
    batch = bars(rng, 8)
    for _ in range(100):
        state, metrics = step(state, batch)
        first = first or metrics
    for modality in ("image", "sound"):
        # Better than the same grey for every item.
        x = to_unit(batch[modality])
        grey = np.abs(x - np.median(x)).mean()
        error = float(metrics[f"{modality}_reconstruction"])
        assert error < 0.7 * min(grey, float(first[f"{modality}_reconstruction"]))
        for part in ("trunk", "hidden", "features"):
            before, after = (
                jax.tree.leaves(s.network.params[modality]["encoder"][part])[0]
                for s in (begun, state)
            )
            assert not np.array_equal(before, after), (modality, part)
