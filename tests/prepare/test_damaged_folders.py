"""Damage planted in folders of media, from twenty-seven kinds: all of it is named."""

import json
import os
import pathlib
import shutil
import tempfile
import zlib

import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.datasets.paired_folders.builder import (
    PairedFolders,
    PairedFoldersConfig,
)
from cmgan_jax.prepare.folders import list_media
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation


def noise(seconds, *, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(22050 * seconds))


def write_sound(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(0.7, seed=zlib.crc32(path.stem.encode())), 22050)


def write_image(path):
    rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
    write_picture(path, rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))


def build(root, output, *, on_bad):
    config = PairedFoldersConfig(
        representation=Representation(image_size=16), pairing="class"
    )
    builder = PairedFolders(
        source=root, data_dir=output, config=config, on_bad=on_bad, workers=1
    )
    data, _ = prepare(builder)
    return data, json.loads((data.path / "prepare_report.json").read_text())


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
        build(root, tmp_path / "out", on_bad="fail")
    listed = json.loads((tmp_path / "out_prepare_report.json").read_text())
    assert not (tmp_path / "out").exists()
    found = {(d["path"], d["kind"]) for d in listed["defects"]["all"]}
    assert found == planted
    for path, kind in planted:
        assert f"{kind}: {path}: " in str(raised.value)


def test_damage_in_a_copy_of_the_real_set_is_skipped(tmp_path, shared_data):
    root = real_set(tmp_path / "own", shared_data)
    real_recordings = len(list(root.glob("audio/*/*/*")))
    planted = damage(root)
    data, report = build(root, tmp_path / "out", on_bad="skip")
    found = {(d["path"], d["kind"]) for d in report["defects"]["all"]}
    assert found == planted
    assert sum(report["defects"]["by_kind"].values()) == len(planted)
    assert data.class_names == ("banjo", "flute", "tuba")
    images = sum(len(split.image) for split in data.splits.values())
    songs = {song for split in data.splits.values() for song in split.sound.song}
    # The recording that was cut short is the only file lost of those copied.
    assert (images, len(songs)) == (60, real_recordings - 1)


def test_a_folder_that_may_not_be_listed():
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / "cat").mkdir()
        root.chmod(0o755)
        (root / "cat").chmod(0)
        try:
            if user == 0:
                os.seteuid(65534)  # root may list whatever its permissions
            files, defects = list_media(root / "cat", root)
        finally:
            os.seteuid(user)
    assert files == []
    assert [(defect.path, defect.kind) for defect in defects] == [("cat", "permission")]


def test_an_unfinished_download_is_no_second_picture(tmp_path):
    """The mistake: take1.png.part is an orphan for want of a sound take1.png."""
    for name in ("take1.png", "take2.png.part", "take1.crdownload"):
        (tmp_path / name).write_bytes(b"x")
    files, defects = list_media(tmp_path, tmp_path)
    assert [path.name for path in files] == ["take1.png"]
    assert {(defect.path, defect.kind) for defect in defects} == {
        ("take2.png.part", "unfinished_download"),
        ("take1.crdownload", "unfinished_download"),
    }
