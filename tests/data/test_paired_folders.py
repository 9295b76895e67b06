"""People's own folders: layouts, alignment, splits, and twenty kinds of damage."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.data.builder import PairedConfig
from cmgan_jax.data.media import write_picture
from cmgan_jax.data.paired_folders.builder import PairedFolders
from cmgan_jax.data.paired_folders.planning import plan_paired_folders
from cmgan_jax.data.preparation import prepare
from cmgan_jax.representation import Representation

REPRESENTATION = Representation(image_size=16)
LMS_PICTURES = Representation(image_size=16, sound="pictures")


def noise(seconds, *, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(22050 * seconds))


def write_sound(path, *, seconds=0.7):
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(map(ord, path.stem))
    soundfile.write(path, noise(seconds, seed=seed), 22050)


def write_image(path):
    seed = sum(map(ord, path.stem))
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


def plan_of(root, *, pictures_of_sound=False):
    return plan_paired_folders(root, pictures_of_sound=pictures_of_sound)


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
    config = PairedConfig(representation=representation)
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
    # 0.7 s hold three windows of 0.5 s; one song in ten is held out, twice.
    assert counts == {"train": (20, 60), "validation": (2, 6), "test": (2, 6)}
    sound = data.splits["train"].sound
    assert list(sound.time_ms[:3]) == [0, 100, 200]
    assert len(set(sound.song[:3])) == 1
    assert sound.stem[1].startswith("cat/cat_take") and sound.stem[1].endswith("@100")
    assert report["defects"]["count"] == 0
    held_out = set(data.splits["test"].sound.song)
    assert not held_out & set(sound.song)


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


def test_one_long_song_is_held_out_in_runs_of_neighbours(tmp_path):
    write_aligned(tmp_path, stems=[f"walk_{m}" for m in range(40)])
    plan = plan_of(tmp_path)
    numbers = sorted(int(s.rsplit("_", 1)[1]) for s in stems(plan, "test", "images"))
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert len(stems(plan, "train", "images")) == 32


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
    report = json.loads((tmp_path / "out" / "prepare_report.json").read_text())
    assert report["defects"]["by_kind"] == {"unknown_layout": 1}


def test_numbers_started_anew_in_every_split_are_no_duplicates(tmp_path):
    for index, split in enumerate(("train", "test")):
        for name in ("cat", "dog"):
            folder = tmp_path / "audio" / split / name
            folder.mkdir(parents=True)
            samples = noise(0.7, seed=index)
            soundfile.write(folder / "take_001.wav", samples, 22050)
            picture = np.full((9, 9, 3), index, np.uint8)
            write_picture(tmp_path / "img" / split / name / "photo_001.png", picture)
    assert defects_of(plan_of(tmp_path)) == []


def synthetic_set(root):
    for split in ("train", "validation"):
        for name in ("cat", "dog", "owl"):
            for index in range(8):
                stem = f"{split}_{name}{index}"
                write_image(root / "img" / split / name / f"{stem}_photo.png")
                write_sound(root / "audio" / split / name / f"{stem}_take.flac")
    return root


def real_set(root, shared_data):
    for modality in ("img", "audio"):
        for split in ("train", "validation"):
            for name in ("banjo", "flute", "tuba"):
                source = shared_data / "real_instruments" / modality / split / name
                target = root / modality / split / name
                target.mkdir(parents=True)
                for path in sorted(source.iterdir())[:10]:
                    shutil.copyfile(path, target / path.name)
    return root


def cut_off(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def damage(root):
    """Plants one of each, and returns what must be reported: (path, kind)."""
    name = sorted(path.name for path in (root / "audio/train").iterdir())[0]
    sounds = sorted((root / "audio/train" / name).iterdir())
    images = sorted((root / "img/train" / name).iterdir())
    sound_folder, image_folder = sounds[0].parent, images[0].parent
    float_wav = {"samplerate": 22050, "subtype": "FLOAT"}
    bad = noise(1.0)
    bad[500] = np.nan
    soundfile.write(sound_folder / "nan.wav", bad, **float_wav)
    bad[500] = np.inf
    soundfile.write(sound_folder / "inf.wav", bad, **float_wav)
    soundfile.write(sound_folder / "cut.wav", noise(1.0), 22050)
    cut_off(sound_folder / "cut.wav")
    cut_off(sounds[0])
    (sound_folder / "header.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    (sound_folder / "text.wav").write_text("do re mi " * 100)
    (sound_folder / "nothing.wav").touch()
    soundfile.write(sound_folder / "no_samples.wav", np.zeros(0), 22050)
    soundfile.write(sound_folder / "short.wav", noise(0.3), 22050)
    soundfile.write(sound_folder / "silent.wav", np.zeros(22050), 22050)
    soundfile.write(sound_folder / "constant.wav", np.full(22050, 0.2), 22050)
    shutil.copy(images[1], sound_folder / "a_picture.flac")
    (sound_folder / "gone.wav").symlink_to(root / "nowhere.wav")
    write_picture(image_folder / "cut.jpg", np.zeros((90, 90, 3), np.uint8))
    cut_off(image_folder / "cut.jpg")
    write_image(image_folder / "half.png")
    cut_off(image_folder / "half.png", 0.8)
    write_image(image_folder / "flipped.png")
    content = bytearray((image_folder / "flipped.png").read_bytes())
    content[100:300] = bytes(200)
    (image_folder / "flipped.png").write_bytes(content)
    (image_folder / "text.jpg").write_text("a thousand words")
    (image_folder / "nothing.jpg").touch()
    shutil.copy(sounds[1], image_folder / "a_sound.jpg")
    not_finite = Image.fromarray(np.full((9, 9), np.nan, np.float32))
    not_finite.save(image_folder / "nan.tiff")
    Image.open(images[1]).save(images[1].with_suffix(".webp"))
    again = root / "img/validation" / name / images[2].name
    shutil.copy(images[2], again)
    (image_folder / "rejected").mkdir()
    (root / "img/train/notes.txt").write_text("?")
    (root / "img/train/empty").mkdir()
    write_image(root / "img/train/seen_only/x.png")
    write_sound(root / "audio/train/heard_only/y.wav")
    audio, img = f"audio/train/{name}", f"img/train/{name}"
    return {
        (f"{audio}/nan.wav", "non_finite"),
        (f"{audio}/inf.wav", "non_finite"),
        (f"{audio}/cut.wav", "truncated"),
        (f"{audio}/{sounds[0].name}", "truncated"),
        (f"{audio}/header.wav", "unreadable"),
        (f"{audio}/text.wav", "not_audio"),
        (f"{audio}/nothing.wav", "zero_length"),
        (f"{audio}/no_samples.wav", "zero_length"),
        (f"{audio}/short.wav", "shorter_than_window"),
        (f"{audio}/silent.wav", "silence"),
        (f"{audio}/constant.wav", "silence"),
        (f"{audio}/a_picture.flac", "not_audio"),
        (f"{audio}/gone.wav", "unreadable"),
        (f"{img}/cut.jpg", "truncated"),
        (f"{img}/half.png", "truncated"),
        (f"{img}/flipped.png", "unreadable"),
        (f"{img}/text.jpg", "not_picture"),
        (f"{img}/nothing.jpg", "zero_length"),
        (f"{img}/a_sound.jpg", "not_picture"),
        (f"{img}/nan.tiff", "non_finite"),
        (f"{img}/{images[1].stem}.webp", "duplicate_stem"),
        (f"img/validation/{name}/{images[2].name}", "duplicate_stem"),
        (f"{img}/rejected", "unknown_layout"),
        ("img/train/notes.txt", "unknown_layout"),
        ("img/train/empty", "empty_folder"),
        ("img/train/seen_only", "one_modality"),
        ("audio/train/heard_only", "one_modality"),
    }


def test_every_kind_of_damage_is_listed_before_failing(tmp_path):
    root = synthetic_set(tmp_path / "own")
    planted = damage(root)
    with pytest.raises(ValueError, match=f"{len(planted)} defects") as raised:
        build(root, tmp_path / "out")
    listed = json.loads((tmp_path / "out" / "prepare_report.json").read_text())
    found = {(d["path"], d["kind"]) for d in listed["defects"]["all"]}
    assert found == planted
    for path, kind in planted:
        assert f"{kind}: {path}: " in str(raised.value)


def test_damage_in_a_copy_of_the_real_set_is_skipped(tmp_path, shared_data):
    root = real_set(tmp_path / "own", shared_data)
    whole = plan_of(root)
    assert defects_of(whole) == []
    planted = damage(root)
    data, report = build(root, tmp_path / "out", on_bad="skip")
    found = {(d["path"], d["kind"]) for d in report["defects"]["all"]}
    assert found == planted
    assert sum(report["defects"]["by_kind"].values()) == len(planted)
    assert data.class_names == ("banjo", "flute", "tuba")
    # The recording cut short is the only good file that was lost.
    images = sum(len(split.image) for split in data.splits.values())
    assert images == 60
    songs = {song for split in data.splits.values() for song in split.sound.song}
    counted = sum(len(stems(whole, split, "sounds")) for split in whole.tasks)
    assert len(songs) == counted - 1


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
