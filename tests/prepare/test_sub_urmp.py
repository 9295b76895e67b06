"""Sub-URMP in its released folders: read whole, split by song, damage named."""

import json
import shutil
import zlib

import numpy as np
import pytest
import soundfile

from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.datasets.sub_urmp.builder import SubUrmp
from cmgan_jax.prepare.datasets.sub_urmp.layout import (
    CLASS_NAMES,
    PUBLISHED,
    plan_sub_urmp,
)
from cmgan_jax.prepare.folders import open_source
from cmgan_jax.prepare.paired_config import RecordedConfig
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)
LMS_PICTURES = Representation(image_size=16, sound="pictures")


def write_pair(root, split, instrument, stem):
    rng = np.random.default_rng(zlib.crc32(stem.encode()))
    frame = rng.integers(0, 256, (27, 48, 3), dtype=np.uint8)
    write_picture(root / "img" / split / instrument / f"{stem}.jpg", frame)
    chunk = root / "chunk" / split / instrument / f"{stem}.wav"
    chunk.parent.mkdir(parents=True, exist_ok=True)
    mono = rng.normal(0, 0.1, 22050)
    soundfile.write(chunk, np.stack([mono, mono], axis=1), 44100)


@pytest.fixture
def released(tmp_path):
    """Three classes as released: two or three songs in train, one in validation."""
    root = tmp_path / "Sub-URMP"
    for instrument in ("cello", "double_bass", "violin"):
        for song, moments in (("00", 4), ("02", 3)):
            for moment in range(moments):
                stem = f"{instrument}{song}_{500 + 100 * moment}"
                write_pair(root, "train", instrument, stem)
        for moment in range(2):
            stem = f"{instrument}01_{500 + 100 * moment}"
            write_pair(root, "validation", instrument, stem)
    return root


def build(root, output, *, representation=REPRESENTATION, on_bad="fail"):
    config = RecordedConfig(representation=representation)
    builder = SubUrmp(
        source=root, data_dir=output, config=config, on_bad=on_bad, workers=1
    )
    data, _ = prepare(builder)
    return data, json.loads((data.path / "prepare_report.json").read_text())


def moments(plan, split):
    return [file.stem for task in plan.tasks[split] for file in task.images]


def defects_of(plan, representation=REPRESENTATION):
    """Every (path, kind) of listing and reading."""
    found = list(plan.defects)
    for tasks in plan.tasks.values():
        for task in tasks:
            found += task.produce(representation).defects
    return {(defect.path, defect.kind) for defect in found}


def test_released_folders_become_three_splits_by_song(released, tmp_path):
    data, report = build(released, tmp_path / "out")
    assert data.class_names == CLASS_NAMES
    assert data.pairing == "stem"
    assert {name: len(split.sound) for name, split in data.splits.items()} == {
        "train": 12,
        "validation": 9,
        "test": 6,
    }
    songs = {
        name: {data.songs[song] for song in split.image.song}
        for name, split in data.splits.items()
    }
    assert songs["validation"] == {"cello02", "double_bass02", "violin02"}
    assert songs["test"] == {"cello01", "double_bass01", "violin01"}
    assert not songs["train"] & (songs["validation"] | songs["test"])
    test = data.splits["test"]
    assert list(test.image.stem[:2]) == ["cello01_500", "cello01_600"]
    assert list(test.image.stem) == list(test.sound.stem)
    assert list(test.sound.time_ms[:2]) == [500, 600]
    assert set(test.sound.label) == {1, 3, 12}
    notes = " ".join(report["notes"])
    assert "21 pairs where 71,230 were published" in notes
    assert "double_bass 7 of 1,270" in notes
    # Every class has one song left in train: none to spare for judges.
    assert (
        "no split judging" in notes and "sound of cello, double_bass, violin" in notes
    )


def test_published_counts_add_up():
    assert sum(PUBLISHED["train"]) == 71230
    assert sum(PUBLISHED["validation"]) == 9575


@pytest.mark.parametrize("form", ["zip", "gztar"])
def test_an_archive_is_unpacked_by_the_build(released, tmp_path, form):
    archive = shutil.make_archive(
        str(tmp_path / "packed"), form, root_dir=released.parent, base_dir=released.name
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    root = open_source(tmp_path / archive, scratch, expected=("img", "chunk", "lms"))
    plan = plan_sub_urmp(root, pictures_of_sound=False)
    assert len(moments(plan, "train")) == 12
    assert plan.tasks["train"][0].images[0].shown.startswith("img/train/cello/")
    assert defects_of(plan) == set()


def test_a_damaged_archive_is_refused(released, tmp_path):
    archive = tmp_path / "packed.zip"
    archive.write_bytes(b"PK\3\4 cut")
    with pytest.raises(ValueError, match=r"packed\.zip is neither a folder nor"):
        open_source(archive, tmp_path, expected=())


def test_the_longest_songs_stay_in_train(released):
    for moment in range(6):
        write_pair(released, "train", "cello", f"cello05_{100 * moment}")
    plan = plan_sub_urmp(released, pictures_of_sound=False)
    carved = {stem.split("_")[0] for stem in moments(plan, "validation")}
    assert "cello02" in carved and not {"cello00", "cello05"} & carved


def test_a_class_with_one_song_gives_none_to_validation(released):
    shutil.rmtree(released / "img/train/violin")
    shutil.rmtree(released / "chunk/train/violin")
    write_pair(released, "train", "violin", "violin00_500")
    plan = plan_sub_urmp(released, pictures_of_sound=False)
    assert "violin00_500" in moments(plan, "train")
    assert not any("violin" in stem for stem in moments(plan, "validation"))
    assert any("none in validation: violin" in note for note in plan.notes)


def copy_pair(root, source, target):
    for modality, suffix in (("img", ".jpg"), ("chunk", ".wav")):
        paths = [root / modality / f"{at}{suffix}" for at in (source, target)]
        shutil.copy(*paths)


def test_what_the_released_splits_share_is_kept_and_reported(released, tmp_path):
    copy_pair(released, "train/cello/cello00_500", "validation/cello/cello01_900")
    write_pair(released, "validation", "violin", "violin00_1200")
    write_pair(released, "validation", "violin", "violin00_1300")
    data, report = build(released, tmp_path / "out")
    stems = data.split("test").image.stem.tolist()
    assert {"cello01_900", "violin00_1200", "violin00_1300"} <= set(stems)
    assert report["defects"]["count"] == 0
    shared = [
        (entry["splits"], entry["modality"], entry["rows"], entry["left_out"])
        for entry in report["identical_across_splits"]
    ]
    assert shared == [
        (["train", "test"], "image", 1, False),
        (["train", "test"], "sound", 1, False),
    ]
    assert report["identical_across_splits"][0]["examples"] == [
        {"train": "cello00_500", "test": "cello01_900"}
    ]
    # violin00 ends at 800 + 500 ms in train.
    [note] = [note for note in report["notes"] if note.startswith("songs in both")]
    assert "folder: violin00; 2 moments of test are of these, and 1 of them" in note


def test_with_songs_enough_of_every_class_judges_get_theirs(released, tmp_path):
    for instrument in ("cello", "double_bass", "violin"):
        for moment in range(6):
            write_pair(released, "train", instrument, f"{instrument}05_{100 * moment}")
    data, report = build(released, tmp_path / "out")
    songs = {
        name: {data.songs[song] for song in split.sound.song}
        for name, split in data.splits.items()
    }
    assert songs["judging"] == {"cello05", "double_bass05", "violin05"}
    assert songs["train"] == {"cello00", "double_bass00", "violin00"}
    assert report["items"]["judging"]["image"]["cello"] == 6


def test_damage_is_named_with_its_path(released):
    train = "train/cello"
    (released / f"img/{train}/cello00_500.jpg").unlink()
    (released / f"chunk/{train}/cello00_600.wav").unlink()
    image = released / f"img/{train}/cello00_700.jpg"
    shutil.copy(image, image.with_suffix(".png"))
    image.rename(image.with_name("cello7_00.jpg"))
    soundfile.write(released / f"chunk/{train}/cello00_800.wav", np.zeros(22050), 44100)
    short = released / f"chunk/{train}/cello02_500.wav"
    soundfile.write(short, np.random.default_rng(0).normal(0, 0.1, 9000), 44100)
    write_pair(released, "train", "kazoo", "kazoo00_500")
    write_pair(released, "train", "violin", "cello09_500")
    write_pair(released, "validation", "violin", "violin00_500")
    write_pair(released, "train", "oboe", "oboe00_500")
    shutil.rmtree(released / "chunk/train/oboe")
    (released / "img/train/flute").mkdir()
    (released / "img/train/notes.txt").write_text("where are the flutes?")
    (released / "img/testing").mkdir()
    (released / "img/train/cello/rejected").mkdir()
    write_picture(image, np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    plan = plan_sub_urmp(released, pictures_of_sound=False)
    assert defects_of(plan) == {
        ("chunk/train/cello/cello00_500.wav", "orphan_stem"),
        ("img/train/cello/cello00_600.jpg", "orphan_stem"),
        ("img/train/cello/cello7_00.jpg", "file_name"),
        ("img/train/cello/cello00_700.png", "duplicate_stem"),
        ("chunk/train/cello/cello00_800.wav", "silence"),
        ("chunk/train/cello/cello02_500.wav", "shorter_than_window"),
        ("img/train/kazoo", "unknown_layout"),
        ("chunk/train/kazoo", "unknown_layout"),
        ("img/train/violin/cello09_500.jpg", "file_name"),
        ("chunk/train/violin/cello09_500.wav", "file_name"),
        ("img/validation/violin/violin00_500.jpg", "duplicate_stem"),
        ("chunk/validation/violin/violin00_500.wav", "duplicate_stem"),
        ("img/train/oboe", "one_modality"),
        ("img/train/flute", "empty_folder"),
        ("img/train/notes.txt", "unknown_layout"),
        ("img/testing", "unknown_layout"),
        ("img/train/cello/rejected", "unknown_layout"),
    }


def test_another_layout_is_refused_with_what_was_expected(tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "sounds").mkdir()
    with pytest.raises(
        ValueError, match=r"unknown_layout.*found pictures, sounds"
    ) as e:
        build(tmp_path, tmp_path.parent / "out_of_other_layout")
    assert "{img,chunk}/{train,validation}/{instrument}" in str(e.value)


def test_real_pictures_of_sound(shared_data, tmp_path):
    sample = shared_data / "sub_urmp_sample"
    data, report = build(sample, tmp_path, representation=LMS_PICTURES)
    train, test = data.splits["train"], data.splits["test"]
    assert (len(train.image), len(test.image)) == (26, 11)
    assert set(train.image.label) == set(range(13))
    assert train.sound.array.shape == (26, 16, 16, 3)
    # A jet-coloured spectrogram has no black; a frame of these stages has much blue.
    assert (train.sound.array[:].max(axis=-1) > 100).mean() > 0.95
    assert report["defects"]["count"] == 0
    assert any("clarinet_sequence" in note for note in report["notes"])


def test_real_chunks_without_frames_are_orphans(shared_data):
    sample = shared_data / "sub_urmp_sample"
    plan = plan_sub_urmp(sample, pictures_of_sound=False)
    orphans = [d for d in plan.defects if d.kind == "orphan_stem"]
    assert {d.path for d in orphans if d.path.startswith("chunk")} == {
        "chunk/train/bassoon/bassoon00_1000.wav",
        "chunk/validation/bassoon/bassoon01_1000.wav",
    }
    assert all("--sound=pictures" in defect.detail for defect in plan.defects)
