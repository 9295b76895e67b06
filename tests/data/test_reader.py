"""Batches of prepared data, with and without TensorFlow."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from cmgan_jax.data.reader import evaluation_batches, training_batches

LABELS = [0, 1, 2, 1, 0]
ARGUMENTS = {"direction": "s2i", "pairing": "stem", "batch_size": 4, "seed": 7}


def first(batches, count):
    return list(itertools.islice(batches, count))


def assert_same(first_batches, second_batches):
    for one, other in zip(first_batches, second_batches, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert one[name].dtype == other[name].dtype
            np.testing.assert_array_equal(one[name], other[name])


def test_rows_belong_together(pack):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    for batch in first(training_batches(split, **ARGUMENTS), 6):
        assert batch["source"].shape == (4, 64, 64, 1)
        assert batch["target"].shape == (4, 16, 16, 3)
        assert batch["source"].dtype == batch["mismatched"].dtype == np.uint8
        for row in range(4):
            place = (split.sound.array == batch["source"][row]).all((1, 2, 3)).argmax()
            assert batch["label"][row] == split.sound.label[place]
            np.testing.assert_array_equal(
                batch["target"][row], split.image.array[place]
            )
            other = (split.image.array == batch["mismatched"][row]).all((1, 2, 3))
            assert split.image.label[other.argmax()] != batch["label"][row]


def test_directions_mirror_each_other(pack):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    there = next(training_batches(split, **ARGUMENTS))
    back = next(training_batches(split, **ARGUMENTS | {"direction": "i2s"}))
    np.testing.assert_array_equal(there["source"], back["target"])
    np.testing.assert_array_equal(there["target"], back["source"])


def test_starting_late_continues_the_same_stream(pack):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    straight = first(training_batches(split, **ARGUMENTS), 8)
    assert_same(
        straight[5:], first(training_batches(split, **ARGUMENTS, start_step=5), 3)
    )


@pytest.mark.parametrize("pairing", ["stem", "class"])
@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_tensorflow_stream_gives_the_same_bytes(pack, pairing, direction):
    from cmgan_jax.data.stream import stream_batches

    sounds = LABELS if pairing == "stem" else [2, 0, 1, 1]
    split = pack(LABELS, sounds, pairing=pairing).split("train")
    arguments = {
        "direction": direction,
        "pairing": pairing,
        "batch_size": 3,
        "seed": 1,
        "start_step": 2,
    }
    assert_same(
        first(stream_batches(split, **arguments), 9),
        first(training_batches(split, **arguments), 9),
    )


@pytest.mark.parametrize("batch_size", [2, 5, 16])
def test_evaluation_sees_every_source_once(pack, batch_size):
    split = pack([0, 1, 2], LABELS, pairing="class").split("train")
    arguments = ARGUMENTS | {"pairing": "class", "batch_size": batch_size}
    batches = list(evaluation_batches(split, **arguments))
    assert all(len(batch["source"]) == batch_size for batch in batches)
    joined = {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}
    kept = joined["mask"] == 1
    assert joined["mask"].dtype == np.float32 and kept.sum() == len(LABELS)
    np.testing.assert_array_equal(joined["source"][kept], split.sound.array)
    np.testing.assert_array_equal(joined["song"][kept], split.sound.song)
    np.testing.assert_array_equal(joined["target"][kept], split.image.array[LABELS])


def test_errors_come_before_the_first_batch(pack):
    split = pack([0, 0], [0, 0], pairing="stem").split("train")
    with pytest.raises(ValueError, match="two classes"):
        training_batches(split, **ARGUMENTS)


def test_reading_imports_nothing_heavy():
    program = (
        "import sys; from cmgan_jax.data import prepared, items, order, reader\n"
        "heavy = {'tensorflow', 'tensorflow_datasets', 'librosa', 'soundfile', 'PIL'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
