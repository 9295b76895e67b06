"""An array in several files: read as one, each file damaged, missing, cut short."""

import shutil
import threading

import numpy as np
import pytest

from cmgan_jax.data import shards
from cmgan_jax.data.integrity import damaged_files, require_whole
from cmgan_jax.data.items import COLUMNS, Split
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.data.reader import training_batches
from cmgan_jax.data.resident import Resident
from cmgan_jax.data.verification import BackgroundVerification
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan
from cmgan_jax.runtime import devices
from cmgan_jax.training.batch import FIELDS, Needs

LABELS = [0, 0, 1, 2, 1, 1, 0, 2]
THREE_PICTURES = 3 * 768 + 1  # bytes; so a sound is a shard of its own
PICTURES = ["image.npy", "image_00001.npy", "image_00002.npy"]
SOUNDS = ["sound.npy", *(f"sound_0000{number}.npy" for number in range(1, 8))]


@pytest.fixture
def whole(pack):
    """The data in one file for each modality."""
    return pack(LABELS, LABELS, pairing="stem", folder="whole")


@pytest.fixture
def data(pack):
    """The same data in shards of three pictures, or of one sound."""
    return pack(LABELS, LABELS, pairing="stem", shard_bytes=THREE_PICTURES)


def files_in(data):
    return sorted(file.name for file in (data.path / "train").iterdir())


def test_every_row_is_in_its_shard_and_small_data_in_one_file(data, whole):
    """The mistakes: a row in the wrong shard, a shard with a row too many."""
    assert files_in(whole) == [
        *("image.npy", "image_items.npz"),
        *("sound.npy", "sound_items.npz"),
    ]
    columns = [f"{kind}_{name}.npy" for kind in ("image", "sound") for name in COLUMNS]
    assert files_in(data) == sorted([*PICTURES, *SOUNDS, *columns])
    there = np.load(whole.path / "train" / "image.npy")
    for name, rows in zip(PICTURES, np.split(there, [3, 6]), strict=True):
        np.testing.assert_array_equal(np.load(data.path / "train" / name), rows)


WHICH = [
    *range(-8, 8),
    [2, 3, 2, -3, 5, 6],
    np.arange(8)[::-1],
    np.array([[0, 3], [6, 7]]),
    np.array(LABELS) == 1,
    [],
    *(slice(None), slice(2, 4), slice(3, 6), slice(None, None, -2), slice(5, 99)),
]


def test_rows_are_those_of_one_array(data, whole):
    """The mistake: an index that is off by one where two shards meet."""
    there = np.load(whole.path / "train" / "image.npy")
    for rows in WHICH:
        found = data.split("train").image.array[rows]
        assert type(found) is np.ndarray and found.flags.writeable
        np.testing.assert_array_equal(found, there[rows], err_msg=rows, strict=True)


def test_columns_of_several_shards_are_mapped_and_the_same(data, whole):
    for modality in ("image", "sound"):
        there = whole.split("train").of(modality).columns()
        for name, column in data.split("train").of(modality).columns().items():
            assert isinstance(column, np.memmap)
            np.testing.assert_array_equal(column, there[name], strict=True)


def test_damage_to_a_columns_header_is_named_at_opening_or_harmless(data):
    """Some bits say nothing: `<` and `=` are the same order of bytes here."""
    file = data.path / "train" / "image_label.npy"
    content, harmless = file.read_bytes(), 0
    for place in range(128):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            opened = open_prepared(data.path).split("train").image
        except ValueError as refused:
            assert f"{file} " in str(refused) and "again" in str(refused)
            continue
        harmless += 1
        np.testing.assert_array_equal(opened.label, LABELS)
    assert harmless < 5


def test_what_is_not_there_is_refused(data):
    array = data.split("train").image.array
    assert (len(array), array.ndim, array.nbytes) == (8, 4, 8 * 768)
    for rows in (8, -9, [0, 8], np.ones(7, bool)):
        with pytest.raises(IndexError, match="of an array of 8 rows"):
            array[rows]
    with pytest.raises(ValueError, match="by copying only"):
        np.asarray(array, copy=False)


def test_every_reader_gives_the_rows_of_one_array(data, whole):
    split, expected = data.split("train"), whole.split("train")
    asked = {"needs": Needs("image", FIELDS), "batch_size": 4, "seed": 1}
    both = (training_batches(one, pairing="stem", **asked) for one in (split, expected))
    for _, here, there in zip(range(6), *both, strict=False):
        for field in there:
            np.testing.assert_array_equal(here[field], there[field], strict=True)
    mesh = devices.data_mesh()
    feed = Resident(split, pairing="stem", mesh=mesh).feed(start_step=0, **asked)
    for modality, array in feed.resident.items():
        np.testing.assert_array_equal(array, expected.of(modality).array)


def take_away(file):
    file.unlink()


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-1])


def lengthen(file):
    file.write_bytes(file.read_bytes() + b"\n")


def lose_a_row(file):
    """Whole as a file, but of fewer rows."""
    np.save(file, np.load(file)[:-1])


def other_type(file):
    np.save(file, np.load(file).astype(np.uint16))


@pytest.mark.parametrize(
    "name", [PICTURES[1], PICTURES[2], SOUNDS[7], "sound_song.npy"]
)
@pytest.mark.parametrize(
    "damage", [take_away, cut_short, lengthen, lose_a_row, other_type]
)
def test_a_shard_that_is_not_whole_is_named_at_opening(data, damage, name):
    damage(data.path / "train" / name)
    # Where a shard has a row too few, the row is missed after the last one.
    end = (damage is lose_a_row) and name.split("_0")[0]
    with pytest.raises((ValueError, FileNotFoundError), match="again") as refused:
        open_prepared(data.path)
    assert f"train/{end or name}" in str(refused.value)


@pytest.mark.parametrize("name", [PICTURES[1], SOUNDS[5], "image_pitch.npy"])
def test_a_flipped_bit_of_any_shard_is_noticed_and_named(data, name):
    content = bytearray((data.path / "train" / name).read_bytes())
    content[-5] ^= 1
    (data.path / "train" / name).write_bytes(content)
    assert damaged_files(data.path) == [f"train/{name}"]
    with pytest.raises(ValueError, match=f"train/{name}: not as prepared"):
        require_whole(data.path, ("train",))
    with BackgroundVerification(data.path, bytes_per_second=1e12) as verification:
        for thread in threading.enumerate():
            if thread.name == "verification":
                thread.join(20)
    with pytest.raises(ValueError, match=f"train/{name} is not as it"):
        verification.require_whole()


def test_shards_that_changed_places_are_noticed(data):
    folder = data.path / "train"
    shutil.move(folder / PICTURES[0], folder / "aside")
    shutil.move(folder / PICTURES[1], folder / PICTURES[0])
    shutil.move(folder / "aside", folder / PICTURES[1])
    assert damaged_files(data.path) == [f"train/{name}" for name in PICTURES[:2]]


def test_a_row_larger_than_a_shard_has_one_of_its_own(monkeypatch):
    monkeypatch.setattr(shards, "SHARD_BYTES", 10)
    assert shards.rows_of_a_shard((2, 2, 3)) == 1
    assert shards.rows_of_a_shard((2, 2, 1)) == 2


def test_rows_put_back_fill_the_shards_of_train(pack, tmp_path):
    """The mistakes: shards of judging stay, are lost, or leave a gap in train."""
    whole = pack(LABELS, LABELS, pairing="stem", folder="whole")
    rows = whole.split("train")
    halves = [np.arange(8) < 4, np.arange(8) >= 4]
    data = pack(LABELS, LABELS, pairing="stem", shard_bytes=THREE_PICTURES)
    (tmp_path / "back").mkdir()
    plan = Plan(whole.class_names, "stem", tasks={"train": ()}, songs=whole.songs)
    packer = Packer(tmp_path / "back", whole.representation, plan)
    for name, half in zip(("train", "judging"), halves, strict=True):
        packer.add(name, Split(rows.image.take(half), rows.sound.take(half)))
    packer.put_back()
    packer.finish(dataset="random", version="1.0.0")
    assert open_prepared(tmp_path / "back").digest == data.digest
