"""Rows that are byte for byte the same in different splits."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.datasets.paired_folders.builder import (
    PairedFolders,
    PairedFoldersConfig,
)
from cmgan_jax.prepare.identical import describe
from cmgan_jax.prepare.preparation import prepare
from cmgan_jax.signals.representation import Representation


def in_train(rows):
    """Nine moments of one song each, so that 1 and 6 are the judges'; no class b."""
    stems = [f"r{i}" for i in range(9)]
    return rows.moments(0, stems, songs=range(9), numbers=range(9))


def summary(report):
    return {
        (*entry["splits"], entry["modality"]): entry["rows"]
        for entry in report["identical_across_splits"]
    }


def stems(data, split):
    return data.split(split).image.stem.tolist()


def test_only_rows_of_different_splits_are_counted(rows, take):
    train = rows.moments(
        0, ["r0", "r1", "j", "r2"], songs=[0, 0, 1, 2], numbers=[5, 5, 99, 6]
    )
    test = rows.moments(0, ["t0", "t1", "t2"], numbers=[5, 8, 8], sounds=[6, 6, 9])
    again = rows.moments(0, ["r3"], songs=0, numbers=[6])
    data, report = take([("train", train), ("train", again), ("test", test)])
    assert summary(report) == {
        ("train", "test", "image"): 1,
        ("train", "test", "sound"): 2,
    }
    assert report["identical_across_splits"][0]["examples"] == [
        {"train": "r0", "test": "t0"}
    ]
    assert stems(data, "train") == ["r0", "r1", "r2", "r3"]
    assert stems(data, "test") == ["t0", "t1", "t2"]
    assert report["defects"]["count"] == 0
    lines = describe(report["identical_across_splits"])
    assert lines[1] == (
        "2 sound rows of the same bytes in train and test (kept in both), "
        "such as r2 and t0."
    )


def test_every_pair_of_splits_is_counted(rows, take):
    arriving = [
        ("train", in_train(rows)),
        ("validation", rows.moments(0, ["v0", "v1"], numbers=[0, 1])),
        ("test", rows.moments(0, ["t0", "t1", "t2"], numbers=[0, 1, 77])),
    ]
    _, report = take(arriving)
    assert {key: n for key, n in summary(report).items() if key[2] == "sound"} == {
        ("train", "validation", "sound"): 1,
        ("judging", "validation", "sound"): 1,
        ("train", "test", "sound"): 1,
        ("judging", "test", "sound"): 1,
        ("validation", "test", "sound"): 2,
    }


def test_a_defect_takes_the_whole_moment_out_of_the_later_split(rows, take):
    test = rows.moments(0, ["t0", "t1", "t2"], numbers=[3, 51, 52], sounds=[50, 51, 4])
    arriving = [("train", in_train(rows)), ("test", test)]
    data, report = take(arriving, identical="defect")
    assert stems(data, "test") == ["t1"] == data.split("test").sound.stem.tolist()
    assert stems(data, "train") + stems(data, "judging") == [
        *("r0", "r2", "r3", "r4", "r5", "r7", "r8"),
        *("r1", "r6"),
    ]
    assert report["defects"]["by_kind"] == {"identical_across_splits": 2}
    image, sound = report["defects"]["all"]
    assert (image["path"], sound["path"]) == ("t0", "t2")
    assert "this image of the split test is byte for byte that of r3" in image["detail"]
    assert report["items"]["test"] == {
        "image": {"a": 1, "b": 0},
        "sound": {"a": 1, "b": 0},
    }
    assert {entry["left_out"] for entry in report["identical_across_splits"]} == {True}


def test_the_judges_rows_are_of_train_to_whoever_made_the_folders(rows, take):
    test = rows.moments(0, ["t0"], numbers=[1])
    arriving = [("train", in_train(rows)), ("test", test)]
    _, report = take(arriving, identical="defect")
    assert summary(report)["judging", "test", "image"] == 1
    assert {defect["detail"][-12:] for defect in report["defects"]["all"]} == {
        "r1 in train."
    }


def test_a_planned_judging_split_may_share_nothing_with_train(rows, take):
    judged = rows.moments(0, ["j0"], numbers=[3])
    arriving = [("train", in_train(rows)), ("judging", judged)]
    _, report = take(arriving, identical="defect")
    assert report["defects"]["by_kind"] == {"identical_across_splits": 2}
    assert "of the split judging" in report["defects"]["all"][0]["detail"]


def test_a_moment_left_out_leaves_no_trace(rows, take):
    arriving = [
        ("train", in_train(rows)),
        ("validation", rows.moments(0, ["v0"], numbers=[3], sounds=[60])),
        ("test", rows.moments(0, ["t0"], numbers=[61], sounds=[60])),
    ]
    data, _ = take(arriving, identical="defect")
    assert stems(data, "test") == ["t0"]


def test_without_moments_only_the_row_itself_is_left_out(rows, take):
    test = rows.moments(0, ["t0", "t1"], numbers=[3, 51], sounds=[50, 51])
    arriving = [("train", in_train(rows)), ("test", test)]
    data, _ = take(arriving, identical="defect", pairing="class")
    assert stems(data, "test") == ["t1"]
    assert data.split("test").sound.stem.tolist() == ["t0", "t1"]


def test_black_pictures_and_silence_are_not_compared(rows, take):
    arriving = [
        ("train", rows.moments(0, ["r0", "r1"], songs=0, numbers=[-1, 1])),
        ("test", rows.moments(0, ["t0"], numbers=[-1])),
    ]
    _, report = take(arriving, identical="defect", on_bad="fail")
    assert report["identical_across_splits"] == []


def test_what_judges_share_with_train_is_left_out_but_no_fault(rows, take):
    first = rows.moments(0, ["r0", "j1"], songs=[0, 1], numbers=[0, 1])
    later = rows.moments(
        0, ["r2", "r3", "r4", "r5", "j6"], songs=range(2, 7), numbers=[1, 3, 4, 0, 0]
    )
    arriving = [("train", first), ("train", later)]
    data, report = take(arriving, identical="defect", on_bad="fail")
    # r2 has the bytes of j1, j6 those of r0; r5 repeats r0 within train.
    assert stems(data, "train") == ["r0", "r3", "r4", "r5"]
    assert stems(data, "judging") == ["j1"]
    assert summary(report) == {
        ("train", "judging", "image"): 2,
        ("train", "judging", "sound"): 2,
    }


@pytest.mark.parametrize("identical", ["report", "defect"])
def test_rows_put_back_are_compared_as_rows_of_train(rows, take, identical):
    alone = rows.moments(1, ["only"], songs=20, numbers=[30])
    again = rows.moments(0, ["r9"], songs=[9], numbers=[1])
    test = rows.moments(0, ["t0", "t1"], numbers=[1, 90])
    arriving = [("train", in_train(rows)), ("train", alone), ("train", again)]
    data, report = take([*arriving, ("test", test)], identical=identical)
    assert list(data.splits) == ["train", "test"]
    assert summary(report) == {
        ("train", "test", "image"): 1,
        ("train", "test", "sound"): 1,
    }
    assert ("r9" in stems(data, "train")) == (identical == "report")
    noted = [note for note in report["notes"] if "repeat others" in note]
    assert noted == (
        ["2 rows of train that repeat others are left out."] * (identical == "defect")
    )


@pytest.fixture
def copied(tmp_path):
    """A picture of train copied into test under another name."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 6), ("test", 2)):
        for name in ("cat", "dog"):
            for modality in ("img", "audio"):
                (tmp_path / "own" / modality / split / name).mkdir(parents=True)
            for index in range(count):
                picture = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
                at = f"{split}/{name}/{split}{index}"
                write_picture(tmp_path / f"own/img/{at}_seen.png", picture)
                heard = rng.normal(0, 0.1, round(22050 * 0.7))
                soundfile.write(tmp_path / f"own/audio/{at}_heard.wav", heard, 22050)
    images = tmp_path / "own/img"
    shutil.copy(images / "train/cat/train3_seen.png", images / "test/dog/other.png")
    return tmp_path


def test_a_copied_file_is_named_before_failing(copied):
    config = PairedFoldersConfig(representation=Representation(image_size=16))
    builder = PairedFolders(
        source=copied / "own", data_dir=copied / "out", config=config, workers=1
    )
    with pytest.raises(ValueError, match="1 defect in") as raised:
        prepare(builder)
    assert "identical_across_splits: dog/other: " in str(raised.value)
    assert "that of cat/train3_seen in train" in str(raised.value)


def test_a_copied_file_is_left_out_of_test(copied):
    flags = (
        "--dataset=paired_folders",
        f"--source={copied / 'own'}",
        f"--output={copied / 'out'}",
        *("--on_bad=skip", "--image_size=16", "--workers=1", "--check_content"),
    )
    verb = (sys.executable, "-m", "cmgan_jax", "prepare", *flags)
    done = subprocess.run(verb, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (
        "1 image row of the same bytes in train and test (left out of one), "
        "such as cat/train3_seen and dog/other." in done.stdout
    )
    assert "  judging " in done.stdout
    data = open_prepared(copied / "out")
    assert "dog/other" not in stems(data, "test")
    assert "cat/train3_seen" in stems(data, "train")
    report = json.loads((data.path / "prepare_report.json").read_text())
    assert report["items"]["test"]["image"] == {"cat": 2, "dog": 2}
    assert summary(report) == {("train", "test", "image"): 1}
    assert len(report["source"]["sha256"]) == len(report["source"]["files"]) > 0
