"""People's own folders: layouts, alignment and splits."""

import collections
import itertools
import json
import shutil
import zlib

import numpy as np
import pytest
import soundfile

from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.datasets.paired_folders.builder import (
    PairedFolders,
    PairedFoldersConfig,
)
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)
LMS_PICTURES = Representation(image_size=16, sound="pictures")


def noise(seconds, *, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(22050 * seconds))


def write_sound(path, *, seconds=0.7):
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = zlib.crc32(path.stem.encode())
    soundfile.write(path, noise(seconds, seed=seed), 22050)


def write_image(path):
    seed = zlib.crc32(path.stem.encode())
    picture = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    write_picture(path, picture)


def write_set(root, *, images="img/{}", sounds="audio/{}", names=("cat", "dog"), n=12):
    """Photographs and recordings that share only their class."""
    for name in names:
        for index in range(n):
            write_image(root / images.format(name) / f"{name}_photo{index}.png")
            write_sound(root / sounds.format(name) / f"{name}_take{index}.flac")


def write_aligned(root, *, stems, images="img", sounds="audio", name="cat"):
    for stem in stems:
        write_image(root / images / name / f"{stem}.jpg")
        write_sound(root / sounds / name / f"{stem}.wav")


def plan_of(root, *, pictures_of_sound=False, **asked):
    return plan_paired_folders(root, pictures_of_sound=pictures_of_sound, **asked)


def stems(plan, split, kind):
    files = [file for task in plan.tasks[split] for file in getattr(task, kind)]
    return {file.stem for file in files}


def defects_of(plan, representation=REPRESENTATION):
    """Every (path, kind) of listing and reading."""
    found = list(plan.defects)
    for tasks in plan.tasks.values():
        for task in tasks:
            found += task.produce(representation).defects
    return [(defect.path, defect.kind) for defect in found]


def build(root, output, *, on_bad="fail", representation=REPRESENTATION):
    config = PairedFoldersConfig(representation=representation)
    builder = PairedFolders(
        source=root, data_dir=output, config=config, on_bad=on_bad, workers=1
    )
    data, _ = prepare(builder)
    return data, json.loads((data.path / "prepare_report.json").read_text())


def test_class_aligned_recordings_give_every_window(tmp_path):
    write_set(tmp_path / "own")
    data, report = build(tmp_path / "own", tmp_path / "out")
    assert data.pairing == "class"
    assert data.class_names == ("cat", "dog")
    counts = {
        name: (len(split.image), len(split.sound))
        for name, split in data.splits.items()
    }
    # 0.7 s hold three windows of 0.5 s; one song in ten is held out, twice, and of the
    # ten left two are the judges'.
    assert counts == {
        "train": (16, 48),
        "judging": (4, 12),
        "validation": (2, 6),
        "test": (2, 6),
    }
    sound = data.splits["train"].sound
    assert list(sound.time_ms[:3]) == [0, 100, 200]
    assert len(set(sound.song[:3])) == 1
    assert sound.stem[1].startswith("cat/cat_take") and sound.stem[1].endswith("@100")
    assert report["defects"]["count"] == 0
    for modality, songs in (("image", 24), ("sound", 24)):
        of_splits = [set(getattr(s, modality).song) for s in data.splits.values()]
        assert sum(map(len, of_splits)) == len(set.union(*of_splits)) == songs


def test_stem_aligned_takes_the_first_window_and_its_picture(tmp_path):
    write_aligned(tmp_path, stems=[f"walk{s:02}_{m}" for s in range(5) for m in "12"])
    write_image(tmp_path / "img/cat/alone_1.jpg")
    plan = plan_of(tmp_path)
    assert plan.pairing == "stem"
    assert defects_of(plan) == [("img/cat/alone_1.jpg", "orphan_stem")]
    songs = {
        split: {stem.split("_")[0] for stem in stems(plan, split, "images")}
        for split in plan.tasks
    }
    assert [len(songs[name]) for name in ("train", "validation", "test")] == [3, 1, 1]
    produced = plan.tasks["test"][0].produce(REPRESENTATION)
    assert produced.split.sound.array.shape == (2, 64, 64, 1)
    assert list(produced.split.sound.stem) == list(produced.split.image.stem)


def moments_by_number(plan):
    """(number, split) of every moment of one song, and their song's index."""
    files = [
        (int(file.stem.rsplit("_", 1)[1]), split, file.song)
        for split, tasks in plan.tasks.items()
        for task in tasks
        for file in task.images
    ]
    return sorted((number, split) for number, split, _ in files), {f[2] for f in files}


@pytest.mark.parametrize(
    ("count", "step", "missing", "seconds"),
    # Four missing moments are 0.5 s if one starts every 0.1 s. The runs of the last
    # are too short to lose as many: two that lie side by side lose one each.
    [(200, 100, 4, 0.5), (80, 1, 4, 0.5), (44, 100, 2, 0.5), (200, 100, 9, 1.0)],
)
def test_one_long_song_is_held_out_in_runs_that_nothing_overlaps(
    tmp_path, count, step, missing, seconds
):
    write_aligned(tmp_path, stems=[f"walk_{m * step}" for m in range(count)])
    plan = plan_of(tmp_path, window_seconds=seconds)
    moments, songs = moments_by_number(plan)
    borders = [
        (before, after)
        for before, after in itertools.pairwise(moments)
        if before[1] != after[1]
    ]
    assert 2 <= len(borders) <= 4
    smallest = min((after[0] - before[0]) // step - 1 for before, after in borders)
    assert smallest >= missing
    kept = collections.Counter(split for _, split in moments)
    block = -(-count // 10)
    assert all(block / 2 <= kept[s] <= block for s in ("validation", "test"))
    assert kept.total() >= count - 10 * seconds * len(borders)
    assert len(songs) == 1
    [note] = [note for note in plan.notes if note.startswith("cat: too few songs")]
    assert f"; {count - kept.total()} moments at the borders" in note
    assert f"at least {smallest} at each" in note


def test_whole_songs_lose_nothing_at_their_ends(tmp_path):
    write_aligned(tmp_path, stems=[f"walk{s}_{m}" for s in range(3) for m in range(8)])
    plan = plan_of(tmp_path)
    assert [len(stems(plan, split, "images")) for split in plan.tasks] == [8, 8, 8]
    assert not any("borders" in note for note in plan.notes)


def test_two_songs_are_cut_at_gaps_of_their_own(tmp_path):
    write_aligned(tmp_path, stems=[f"{s}_{m}" for s in "ab" for m in range(60)])
    plan = plan_of(tmp_path)
    split_of = {
        stem: split for split in plan.tasks for stem in stems(plan, split, "images")
    }
    # The songs lie beside each other in the list only.
    ends = [f"cat/{s}_{m}" for s in "ab" for m in (0, 59)]
    assert set(ends) <= set(split_of)
    for song in "ab":
        kept = [(m, split_of.get(f"cat/{song}_{m}")) for m in range(60)]
        kept = [(number, split) for number, split in kept if split]
        for before, after in itertools.pairwise(kept):
            assert before[1] == after[1] or after[0] - before[0] >= 5


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("train",), {"train", "validation", "test"}),
        (("training", "val"), {"train", "validation", "test"}),
        (("train", "test"), {"train", "validation", "test"}),
        (("train", "validation", "test"), {"train", "validation", "test"}),
    ],
)
def test_released_splits_are_kept(tmp_path, folders, expected):
    for folder in folders:
        for name in ("cat", "dog"):
            write_image(tmp_path / "Images" / folder / name / f"{folder}.png")
            write_sound(tmp_path / "Sounds" / folder / name / f"{folder}_x.wav")
    write_set(
        tmp_path,
        images=f"Images/{folders[0]}/{{}}",
        sounds=f"Sounds/{folders[0]}/{{}}",
        n=4,
    )
    plan = plan_of(tmp_path)
    assert set(plan.tasks) == expected
    held_out = folders[-1]
    if held_out != folders[0]:
        assert stems(plan, "test", "images") == {f"cat/{held_out}", f"dog/{held_out}"}
    everything = [stems(plan, split, "sounds") for split in plan.tasks]
    assert sum(map(len, everything)) == len(set.union(*everything))


def test_the_held_out_files_depend_on_their_names_only(tmp_path):
    write_set(tmp_path / "one", n=6)
    shutil.copytree(tmp_path / "one", tmp_path / "elsewhere")
    first, second = plan_of(tmp_path / "one"), plan_of(tmp_path / "elsewhere")
    for split in ("train", "validation", "test"):
        for kind in ("images", "sounds"):
            assert stems(first, split, kind) == stems(second, split, kind)


def test_the_authors_folders_of_spectrogram_pictures(tmp_path):
    for split in ("", "validation/"):
        suffix = "" if split else "_lms"
        for index in range(4):
            stem = f"cat0{index}{'v' if split else ''}_500"
            write_image(tmp_path / f"{split}img/cat/{stem}.jpg")
            write_image(tmp_path / f"{split}LMS/cat{suffix}/{stem}.png")
    plan = plan_of(tmp_path, pictures_of_sound=True)
    assert plan.class_names == ("cat",)
    assert plan.pairing == "stem"
    assert defects_of(plan, LMS_PICTURES) == []
    assert stems(plan, "test", "sounds") == {f"cat/cat0{i}v_500" for i in range(4)}
    produced = plan.tasks["train"][0].produce(LMS_PICTURES)
    assert produced.split.sound.array.shape == (3, 16, 16, 3)
    refused = plan_of(tmp_path)
    assert [defect.kind for defect in refused.defects] == ["unknown_layout"]
    assert "--sound=pictures" in refused.defects[0].detail


def test_unknown_layout_says_what_was_found(tmp_path):
    (tmp_path / "own" / "wavs").mkdir(parents=True)
    (tmp_path / "own" / "jpgs").mkdir()
    with pytest.raises(ValueError, match=r"unknown_layout.*jpgs, wavs") as raised:
        build(tmp_path / "own", tmp_path / "out")
    assert "{img|image|images|pictures}" in str(raised.value)
    report = json.loads((tmp_path / "out_prepare_report.json").read_text())
    assert report["defects"]["by_kind"] == {"unknown_layout": 1}


def test_numbers_started_anew_in_every_split_are_no_duplicates(tmp_path):
    for index, split in enumerate(("train", "test")):
        for name in ("cat", "dog"):
            folder = tmp_path / "audio" / split / name
            folder.mkdir(parents=True)
            samples = noise(0.7, seed=index)
            soundfile.write(folder / "take_001.wav", samples, 22050)
            picture = np.arange(index, index + 243, dtype=np.uint8).reshape(9, 9, 3)
            write_picture(tmp_path / "img" / split / name / "photo_001.png", picture)
    assert defects_of(plan_of(tmp_path)) == []


def test_the_real_instruments_are_class_aligned(shared_data):
    plan = plan_of(shared_data / "real_instruments")
    assert plan.pairing == "class"
    assert len(plan.class_names) == 12
    assert plan.defects == ()
    files = {
        split: (len(stems(plan, split, "images")), len(stems(plan, split, "sounds")))
        for split in plan.tasks
    }
    assert files["test"] == (174, 146)
    assert sum(images for images, _ in files.values()) == 1771
    assert sum(sounds for _, sounds in files.values()) == 1881
