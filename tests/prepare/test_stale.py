"""Prepared data and the folder they were made from, as both go on changing."""

import os
import subprocess
import sys
import textwrap
from typing import ClassVar

import numpy as np
import pytest
import tensorflow_datasets as tfds

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import judge_folder
from cmgan_jax.prepare.builder import PairedBuilder
from cmgan_jax.prepare.paired_config import PairedConfig
from cmgan_jax.prepare.plan import Defect, Plan, Produced
from cmgan_jax.prepare.preparation import prepare, verify
from cmgan_jax.runtime.lock import lock_file
from cmgan_jax.signals.representation import Representation

CONFIG = PairedConfig(representation=Representation(image_size=16))


class Lines:
    """A row for every line of the source's files, made in this process."""

    def __init__(self, lines):
        self.lines = lines
        self.expected = len(lines)

    def produce(self, representation):
        shapes = (representation.image_shape, representation.sound_shape)
        values = [len(line) for line in self.lines]
        return Produced(
            Split(
                *(
                    make_items(
                        np.array([np.full(s, v, np.uint8) for v in values]),
                        label=0,
                        stem=self.lines,
                    )
                    for s in shapes
                )
            )
        )


class LinesOfText(PairedBuilder):
    """Text files, to be prepared without media."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS: ClassVar = [CONFIG]
    DESCRIPTION = "Lines."
    MANUAL_DOWNLOAD_INSTRUCTIONS = "Write some."

    def _plan(self, source, scratch):
        files = sorted(source.rglob("*.txt"))
        lines = [line for file in files for line in file.read_text().splitlines()]
        bad = tuple(Defect(line, "bad", "is bad.") for line in lines if "bad" in line)
        if "stop" in lines:
            raise KeyboardInterrupt
        return Plan(("a",), "stem", tasks={"train": (Lines(lines),)}, defects=bad)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    def produce(tasks, representation, **_):
        for split, some in tasks.items():
            for task in some:
                yield split, task.produce(representation)

    monkeypatch.setattr("cmgan_jax.prepare.builder.produce_in_order", produce)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "own"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.txt").write_text("x\n")
    (folder / "inner" / "two.txt").write_text("xx\n")
    return folder


def build(source, output, *, update=False, **asked):
    builder = LinesOfText(source=source, data_dir=output, config=CONFIG, **asked)
    return prepare(builder, update=update)


def stems(data):
    return sorted(
        stem for split in data.splits.values() for stem in split.image.stem.tolist()
    )


def test_unchanged_is_recognised_and_every_change_is_named(source, tmp_path):
    data, built = build(source, tmp_path / "out")
    assert built and stems(data) == ["x", "xx"]
    assert build(source, tmp_path / "out")[1] is False
    (source / "._left").touch()
    assert build(source, tmp_path / "out")[1] is False
    (source / "three.txt").write_text("xxx\n")
    (source / "one.txt").write_text("changed\n")
    (source / "inner" / "two.txt").unlink()
    with pytest.raises(ValueError, match="has changed since it was prepared") as raised:
        build(source, tmp_path / "out")
    said = str(raised.value)
    assert "1 added (three.txt)" in said and "1 removed (inner/two.txt)" in said
    assert "1 changed (one.txt)" in said and "--update" in said
    assert stems(open_prepared(tmp_path / "out")) == ["x", "xx"]


def test_the_same_size_with_another_time_is_a_change(source, tmp_path):
    build(source, tmp_path / "out")
    (source / "one.txt").write_text("y\n")
    os.utime(source / "one.txt", (1, 1))
    with pytest.raises(ValueError, match=r"1 changed \(one\.txt\)"):
        build(source, tmp_path / "out")


def rewrite(file, text, *, like=None):
    """Other content, with the time of before or another one."""
    before = file.stat().st_mtime_ns
    file.write_text(text)
    times = (1, 1) if like is None else (before, before)
    os.utime(file, ns=times)


def test_other_content_of_the_same_size_and_time_is_noticed_where_asked(
    source, tmp_path
):
    def again(**asked):
        return build(source, tmp_path / "out", **asked)[1]

    assert again(check_content=True) is True
    rewrite(source / "one.txt", "y\n", like="before")
    assert again() is False
    with pytest.raises(ValueError, match=r"changed since .*: 1 changed \(one\.txt\)"):
        again(check_content=True)
    assert again(check_content=True, update=True) is True
    assert stems(open_prepared(tmp_path / "out")) == ["xx", "y"]
    # Another time alone is no change to who looks at contents.
    rewrite(source / "one.txt", "y\n")
    assert again(check_content=True) is False


def test_contents_that_nobody_kept_cannot_be_compared(source, tmp_path):
    build(source, tmp_path / "out")
    with pytest.raises(ValueError, match=r"without --check_content.*--update"):
        build(source, tmp_path / "out", check_content=True)
    assert build(source, tmp_path / "out", check_content=True, update=True)[1] is True
    assert build(source, tmp_path / "out", check_content=True)[1] is False


def test_update_prepares_anew_and_then_nothing_more(source, tmp_path):
    data, _ = build(source, tmp_path / "out")
    opened = data.split("train").image
    before = opened.array[:].max()
    (source / "three.txt").write_text("xxx\n")
    anew, built = build(source, tmp_path / "out", update=True)
    assert built and anew.path == data.path and stems(anew) == ["x", "xx", "xxx"]
    # A training that is reading goes on with what it opened.
    assert opened.array[:].max() == before
    assert build(source, tmp_path / "out", update=True)[1] is False
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "lines_of_text"
    ]
    assert not list((tmp_path / "out").rglob("incomplete.*"))


@pytest.mark.parametrize("what", ["bad", "stop"])
def test_an_update_that_fails_leaves_what_was_there(source, tmp_path, what):
    build(source, tmp_path / "out")
    (source / "three.txt").write_text(f"{what}\n")
    with pytest.raises((ValueError, KeyboardInterrupt)):
        build(source, tmp_path / "out", update=True)
    assert stems(open_prepared(tmp_path / "out")) == ["x", "xx"]
    assert not list((tmp_path / "out").rglob("incomplete.*"))


def test_an_update_stopped_between_two_renames_is_taken_back(source, tmp_path):
    data, _ = build(source, tmp_path / "out")
    data.path.rename(data.path.with_name("incomplete.replaced_1.0.0"))
    again, built = build(source, tmp_path / "out")
    assert not built and stems(again) == ["x", "xx"]


@pytest.mark.parametrize("name", ["train/image.npy", "features.json", "prepared.json"])
@pytest.mark.parametrize("kept", [-1, 9])
def test_update_mends_damaged_data(source, tmp_path, name, kept):
    """The mistake: what is cut short ends the very run that would mend it."""
    data, _ = build(source, tmp_path / "out")
    file = data.path / name
    content = file.read_bytes()
    file.write_bytes(content[:kept] + bytes([content[kept] ^ 1]))
    with pytest.raises(ValueError, match=name):
        verify(tmp_path / "out")
    assert build(source, tmp_path / "out", update=True)[1] is True
    [(folder, files, size)] = verify(tmp_path / "out")
    assert folder == data.path and files == 14 and size > 10_000


def test_what_tfds_cannot_read_is_named(source, tmp_path):
    """The mistake: a traceback of protobuf's."""
    data, _ = build(source, tmp_path / "out")
    (data.path / "dataset_info.json").write_text("{")
    with pytest.raises(ValueError, match=r"dataset_info\.json of .*out is damaged"):
        build(source, tmp_path / "out", update=True)


@pytest.mark.parametrize("change", ["damage", "another file"])
def test_judges_stay_with_the_same_data_and_do_not_go_in_silence(
    source, tmp_path, change, capsys
):
    """The mistake: --update drops judges that took hours to train, without a word."""
    data, _ = build(source, tmp_path / "out")
    judge = judge_folder(data, "image", "strided") / "judge.json"
    judge.parent.mkdir(parents=True)
    judge.write_text("trained")
    if change == "damage":
        (data.path / "train" / "image.npy").write_bytes(b"cut off")
    else:
        (source / "three.txt").write_text("xxx\n")
    assert build(source, tmp_path / "out", update=True)[1] is True
    assert judge.exists() == (change == "damage")
    assert ("trains new ones" in capsys.readouterr().err) == (change != "damage")


def test_every_file_of_finished_data_is_verified(source, tmp_path):
    data, _ = build(source, tmp_path / "out")
    for file in sorted(path for path in data.path.rglob("*") if path.is_file()):
        content = file.read_bytes()
        file.write_bytes(content + b" ")
        with pytest.raises(ValueError, match=file.name):
            verify(tmp_path / "out")
        file.write_bytes(content)
    assert verify(tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="no prepared data to verify"):
        verify(tmp_path / "own")


@pytest.mark.parametrize("what", ["bad", "stop"])
@pytest.mark.parametrize("output", ["out", "a/b/out"])
def test_a_failure_leaves_no_folder(source, tmp_path, what, output):
    (source / "three.txt").write_text(f"{what}\n")
    with pytest.raises((ValueError, KeyboardInterrupt)) as raised:
        build(source, tmp_path / output)
    left = {path.name for path in tmp_path.iterdir()} - {"own"}
    assert left == ({"out_prepare_report.json"} if what == "bad" else set())
    if what == "bad":
        assert f"listed in {tmp_path}/out_prepare_report.json" in str(raised.value)
        build(source, tmp_path / output, on_bad="skip")
        assert not (tmp_path / "out_prepare_report.json").exists()


def test_a_failure_in_a_folder_of_the_users_leaves_it_as_it_was(source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs").write_text("x")
    (source / "three.txt").write_text("bad\n")
    with pytest.raises(ValueError):
        build(source, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("theirs", "prepare_report.json")
    }


def test_an_output_inside_the_source_is_none_of_it(source):
    build(source, source / "prepared")
    assert build(source, source / "prepared")[1] is False


LOCK_FILE = lock_file("prepare")
HOLDER = textwrap.dedent(
    """
    import pathlib, sys, time
    from cmgan_jax.runtime.lock import hold
    with hold(pathlib.Path(sys.argv[1]), "prepare"):
        print("held", flush=True)
        time.sleep(60)
    """
)


def test_a_second_prepare_says_who_holds_the_folder(source, tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout.readline() == "held\n"
            with pytest.raises(ValueError, match=f"process {other.pid} on "):
                build(source, tmp_path / "out")
            # It is the other's, though nothing is in it yet.
            assert (tmp_path / "out" / LOCK_FILE).exists()
        finally:
            other.kill()
    # A killed process holds nothing, whatever its file says.
    assert (tmp_path / "out" / LOCK_FILE).exists()
    assert build(source, tmp_path / "out")[1] is True
    assert not (tmp_path / "out" / LOCK_FILE).exists()
