"""Batches of prepared data, with and without TensorFlow."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from cmgan_jax.data.reader import BatchReader, training_batches
from cmgan_jax.training.batch import FIELDS, Needs

LABELS = [0, 1, 2, 1, 0]
NEEDS = Needs(anchor="sound", fields=("sound", "image", "mismatched_image"))
SIZES = {"pairing": "stem", "batch_size": 4, "seed": 7}
ARGUMENTS = {"needs": NEEDS, **SIZES}


def first(batches, count):
    return list(itertools.islice(batches, count))


def assert_same(first_batches, second_batches):
    for one, other in zip(first_batches, second_batches, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert one[name].dtype == other[name].dtype
            np.testing.assert_array_equal(one[name], other[name])


def place_in(items, pixels) -> int:
    """The row of the items that holds these pixels."""
    (rows,) = np.nonzero((items.array == pixels).all((1, 2, 3)))
    (row,) = rows
    return row


@pytest.mark.parametrize("anchor", ["sound", "image"])
def test_rows_belong_together(pack, anchor):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    needs = Needs(anchor=anchor, fields=FIELDS)
    for batch in first(training_batches(split, needs=needs, **SIZES), 6):
        assert batch["sound"].shape == batch["mismatched_sound"].shape == (4, 64, 64, 1)
        assert batch["image"].shape == batch["mismatched_image"].shape == (4, 16, 16, 3)
        assert {batch[field].dtype for field in FIELDS} == {np.dtype(np.uint8)}
        for row in range(4):
            place = place_in(split.sound, batch["sound"][row])
            assert place == place_in(split.image, batch["image"][row])
            assert batch["label"][row] == LABELS[place]
            for modality in ("image", "sound"):
                pixels = batch[f"mismatched_{modality}"][row]
                other = place_in(split.of(modality), pixels)
                assert LABELS[other] != batch["label"][row]


def test_only_what_is_needed_is_read(pack):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    needs = Needs(anchor="image", fields=("image",))
    batch = next(training_batches(split, needs=needs, **SIZES))
    assert set(batch) == {"image", "label"}


@pytest.mark.parametrize("anchor", ["sound", "image"])
def test_the_note_is_the_anchors_own(pack, anchor):
    """Even rows of pictures and odd rows of sounds know theirs."""
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    notes = 40 + np.arange(5, dtype=np.float32)
    for modality, known in (("image", 0), ("sound", 1)):
        split.of(modality).pitch[:] = np.where(np.arange(5) % 2 == known, notes, np.nan)
    needs = Needs(anchor=anchor, fields=(anchor,), pitch=True)
    for batch in first(training_batches(split, needs=needs, **SIZES), 4):
        rows = [place_in(split.of(anchor), pixels) for pixels in batch[anchor]]
        assert batch["pitch"].dtype == np.float32
        np.testing.assert_array_equal(batch["pitch"], split.of(anchor).pitch[rows])


def parts(hosts):
    """What each of so many hosts reads of a batch of 4."""
    size = 4 // hosts
    return [slice(host * size, (host + 1) * size) for host in range(hosts)]


@pytest.mark.parametrize("hosts", [1, 2, 4])
def test_hosts_together_read_every_item_once_per_epoch(pack, hosts):
    """The mistakes: two hosts read the same rows; the order depends on how many."""
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    readers = [BatchReader(split, **ARGUMENTS, part=part) for part in parts(hosts)]
    read = [reader.rows(step)["sound"] for step in range(4) for reader in readers]
    epochs = np.concatenate(read)[: 3 * len(LABELS)].reshape(3, -1)
    for epoch in epochs:
        assert sorted(epoch) == list(range(len(LABELS)))
    alone = BatchReader(split, **ARGUMENTS)
    for step in range(4):
        together = [reader.read(step) for reader in readers]
        joined = {f: np.concatenate([one[f] for one in together]) for f in together[0]}
        assert_same([joined], [alone.read(step)])


def test_starting_late_continues_the_same_stream(pack):
    split = pack(LABELS, LABELS, pairing="stem").split("train")
    straight = first(training_batches(split, **ARGUMENTS), 8)
    assert_same(
        straight[5:], first(training_batches(split, **ARGUMENTS, start_step=5), 3)
    )


@pytest.mark.parametrize("pairing", ["stem", "class"])
def test_tensorflow_stream_gives_the_same_bytes(pack, pairing):
    from cmgan_jax.data.stream import stream_batches

    sounds = LABELS if pairing == "stem" else [2, 0, 1, 1]
    split = pack(LABELS, sounds, pairing=pairing).split("train")
    arguments = {
        "needs": Needs(anchor="sound", fields=FIELDS),
        "pairing": pairing,
        "batch_size": 3,
        "seed": 1,
        "start_step": 2,
        "part": slice(1, 3),
    }
    assert_same(
        first(stream_batches(split, **arguments), 9),
        first(training_batches(split, **arguments), 9),
    )


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
