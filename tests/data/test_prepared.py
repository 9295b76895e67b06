"""Prepared data on disk: what was packed is what is opened, damage is named."""

import json
import shutil

import numpy as np
import pytest

from cmgan_jax.data.integrity import damaged_files
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan


def test_round_trip(pack):
    data = pack([0, 1, 2, 1], [0, 1, 2, 1], pairing="stem")
    image = data.split("train").image
    expected = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(image.array, expected)
    assert isinstance(np.asarray(image.array).base, np.memmap)
    assert image.label.tolist() == [0, 1, 2, 1]
    assert image.stem.tolist() == ["s0", "s1", "s2", "s3"]
    assert np.isnan(image.pitch).all() and (image.performer == -1).all()
    assert data.class_names == ("a", "b", "c") and data.songs == ("x", "y", "z")
    assert damaged_files(data.path) == []


def test_data_are_pitched_where_any_sound_to_train_on_says_its_note(pack):
    data = pack([0, 1, 2, 1], [0, 1, 2, 1], pairing="stem")
    assert not data.pitched
    heard = open_prepared(data.path)
    heard.split("train").sound.pitch[2] = 60.0
    assert heard.pitched


def test_a_parent_with_one_data_set_will_do(pack):
    path = pack([0, 1], [0, 1], pairing="stem").path
    assert open_prepared(path.parent).path == path
    shutil.copytree(path, path.parent / "incomplete.ABC123_1.0.0")
    assert open_prepared(path.parent).path == path
    shutil.copytree(path, path.parent / "other")
    with pytest.raises(ValueError, match=r"name one:\n .*other\n .*packed"):
        open_prepared(path.parent)


def test_nothing_prepared(tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m cmgan_jax prepare"):
        open_prepared(tmp_path)
    with pytest.raises(FileNotFoundError, match="no directory"):
        open_prepared(tmp_path / "missing")


def cut_short(path):
    file = path / "train" / "image.npy"
    file.write_bytes(file.read_bytes()[:-1])


def remove_columns(path):
    (path / "train" / "sound_items.npz").unlink()


def change_rows(path):
    description = json.loads((path / "prepared.json").read_text())
    description["splits"]["train"]["sound"] = 7
    (path / "prepared.json").write_text(json.dumps(description))


def other_format(path):
    (path / "prepared.json").write_text('{"format": 99}')


def half_written(path):
    (path / "prepared.json").write_text('{"format": 1, ')


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_short, "image.npy"),
        (remove_columns, "sound_items.npz is missing"),
        (change_rows, "prepared.json is damaged"),
        (other_format, "format 99, expected 2"),
        (half_written, "prepared.json is damaged"),
    ],
)
def test_damage_is_named(pack, damage, message):
    path = pack([0, 1], [0, 1], pairing="stem").path
    damage(path)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        open_prepared(path)


def test_one_changed_byte_is_noticed(pack):
    path = pack([0, 1], [0, 1], pairing="stem").path
    file = path / "train" / "sound.npy"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    assert damaged_files(path) == ["train/sound.npy"]


def test_stem_pairing_needs_the_same_stems(pack, tmp_path):
    data = pack([0, 1], [0, 1, 2], pairing="class")
    (tmp_path / "more").mkdir()
    plan = Plan(data.class_names, "stem", tasks={"train": ()})
    packer = Packer(tmp_path / "more", data.representation, plan)
    with pytest.raises(ValueError, match="different stems"):
        packer.add("train", data.split("train"))


def test_unknown_names_list_the_known(pack):
    data = pack([0, 1], [0, 1], pairing="stem")
    with pytest.raises(ValueError, match="it has train"):
        data.split("test")
