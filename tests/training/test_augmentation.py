"""Random changes: each does what it says, and no more."""

import jax
import jax.numpy as jnp
import numpy as np

from cmgan_jax.training import augmentation
from cmgan_jax.training.augmentation import Variation

KEY = jax.random.key(0)


def test_shift_moves_whole_examples_and_repeats_the_border():
    x = np.arange(2 * 6 * 5 * 1, dtype=np.float32).reshape(2, 6, 5, 1)
    x = np.tile(x, (32, 1, 1, 1))
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    shifted = np.asarray(augmentation.shift(jnp.asarray(x), KEY, pixels=2))
    corners = set()
    for example, wide in zip(shifted, padded, strict=True):
        fits = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if np.array_equal(wide[top : top + 6, left : left + 5], example)
        ]
        assert len(fits) == 1
        corners.update(fits)
    rows, columns = zip(*corners, strict=True)
    assert set(rows) == set(columns) == set(range(5))


def test_noise_has_another_deviation_for_each_example():
    x = jnp.zeros((64, 16, 16, 3))
    deviations = np.asarray(augmentation.noise(x, KEY, level=0.5)).std(axis=(1, 2, 3))
    assert deviations.max() < 0.55 and deviations.min() < 0.05
    np.testing.assert_allclose(deviations.mean(), 0.25, atol=0.06)


def test_zero_changes_nothing():
    x = jnp.ones((2, 4, 4, 1))
    assert augmentation.shift(x, KEY, pixels=0) is x
    assert augmentation.noise(x, KEY, level=0.0) is x


def test_tint_changes_every_colour_of_every_picture_as_a_whole():
    x = jax.random.uniform(KEY, (6, 4, 4, 3), minval=-1.0)
    tinted = np.asarray(augmentation.tint(x, KEY, deviation=0.2))
    slopes = []
    for before, after in zip(np.asarray(x), tinted, strict=True):
        for channel in range(3):
            pixels = before[..., channel].ravel(), after[..., channel].ravel()
            slope, offset = np.polyfit(*pixels, 1)
            np.testing.assert_allclose(pixels[1], slope * pixels[0] + offset, atol=1e-5)
            slopes.append(slope)
    assert len(set(np.round(slopes, 4))) == 18 and 0.05 < np.std(slopes) < 0.5
    assert augmentation.tint(x, KEY, deviation=0.0) is x


def test_a_mirrored_batch_holds_examples_either_way():
    x = jax.random.uniform(KEY, (32, 4, 6, 3))
    mirrored = np.asarray(augmentation.mirror(x, KEY))
    turned = [
        np.array_equal(after, before[:, ::-1])
        for before, after in zip(np.asarray(x), mirrored, strict=True)
    ]
    same = [np.array_equal(*pair) for pair in zip(np.asarray(x), mirrored, strict=True)]
    assert all(one != other for one, other in zip(turned, same, strict=True))
    assert 8 <= sum(turned) <= 24


def test_a_cutout_is_one_rectangle_of_the_mean_colour_somewhere_else_each_time():
    x = jax.random.uniform(KEY, (40, 10, 12, 2), minval=-1.0)
    cut = np.asarray(augmentation.cutout(x, KEY, share=0.5))
    places = set()
    for before, after in zip(np.asarray(x), cut, strict=True):
        changed = (before != after).any(-1)
        rows, columns = changed.any(1), changed.any(0)
        np.testing.assert_array_equal(changed, rows[:, None] & columns)
        assert rows.sum() <= 5 and columns.sum() <= 6
        mean = np.broadcast_to(before.mean((0, 1)), before.shape)
        np.testing.assert_allclose(after[changed], mean[changed], atol=1e-5)
        places.add((*np.flatnonzero(rows)[:1], *np.flatnonzero(columns)[:1]))
    assert len(places) > 20
    assert augmentation.cutout(x, KEY, share=0.0) is x


def test_a_variation_does_all_it_says():
    variation = Variation(shift=1, noise=0.1, tint=0.1, cutout=0.2, mirror=True)
    x = jax.random.uniform(KEY, (8, 8, 8, 1))
    for change in ("shift", "noise", "tint", "cutout", "mirror"):
        alone = Variation(**{change: getattr(variation, change)})
        assert not np.array_equal(alone(x, KEY), x), change
    np.testing.assert_array_equal(Variation()(x, KEY), x)
