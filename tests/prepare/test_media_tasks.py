"""One moment of a recording, and files that are none."""

import os
import socket

import numpy as np
import pytest
import soundfile

from cmgan_jax.media.pictures import write_picture
from cmgan_jax.prepare.hearing import Hearing, describe_hearing
from cmgan_jax.prepare.media_tasks import ClassTask, MediaFile, StemTask
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)
RATE = 22050


def noise(seconds, *, loud=0.1):
    return np.random.default_rng(0).normal(0, loud, round(RATE * seconds))


@pytest.fixture
def task(tmp_path):
    """Makes a task of one picture and one recording of these samples."""
    write_picture(tmp_path / "a.png", np.arange(768, dtype=np.uint8).reshape(16, 16, 3))

    def made(*parts, window="loudest", kind="stem"):
        soundfile.write(tmp_path / "a.wav", np.concatenate(parts), RATE)
        image, sound = (
            MediaFile(str(tmp_path / name), name, "cat/a", 0)
            for name in ("a.png", "a.wav")
        )
        if kind == "class":
            return ClassTask(0, (), (sound,))
        return StemTask(0, (image,), (sound,), window=window)

    made.folder = tmp_path
    return made


@pytest.mark.parametrize("window", ["loudest", "first"])
def test_the_window_asked_for_is_used(task, window):
    silence = np.zeros(round(0.8 * RATE))
    quiet, loud = noise(2.2, loud=0.01), noise(0.5, loud=0.3)
    produced = task(silence, quiet, loud, quiet, window=window).produce(REPRESENTATION)
    assert produced.defects == ()
    # The first window that sounds begins in the silence and reaches out of it.
    expected = {"loudest": 3000, "first": 400}[window]
    assert produced.split.sound.time_ms.tolist() == [expected]
    assert produced.split.image.time_ms.tolist() == [expected]
    [heard] = produced.heard
    assert (heard.seconds, heard.used) == (pytest.approx(5.7, abs=1e-3), 0.5)


@pytest.mark.parametrize("window", ["loudest", "first"])
def test_silence_before_the_music_refuses_nothing(task, window):
    lead_in = np.zeros(round(0.6 * RATE))
    produced = task(lead_in, noise(1.0), window=window).produce(REPRESENTATION)
    assert produced.defects == () and len(produced.split.sound) == 1


def test_silence_throughout_is_still_a_defect(task):
    [defect] = task(np.zeros(2 * RATE)).produce(REPRESENTATION).defects
    assert defect.kind == "silence"


def test_what_is_used_of_a_class_aligned_recording(task):
    gap = np.zeros(round(2.0 * RATE))
    produced = task(noise(1.0), gap, noise(0.73), kind="class").produce(REPRESENTATION)
    [heard] = produced.heard
    assert heard.seconds == pytest.approx(3.73, abs=1e-3)
    # Windows that reach into the gap count, 1.0 + 0.4 and 0.4 + 0.7 s of them.
    assert heard.used == pytest.approx(2.5, abs=0.11)
    assert produced.split.sound.time_ms.max() == 3200


def test_the_account_names_what_is_not_used(task):
    hearing = Hearing()
    hearing.add(task(noise(28.0)).produce(REPRESENTATION).heard)
    hearing.add(task(noise(0.5)).produce(REPRESENTATION).heard)
    summary = hearing.summary()
    assert (summary["recordings"], summary["seconds"]) == (2, 28.5)
    assert summary["seconds_used"] == 1.0
    assert [part["path"] for part in summary["used_in_part"]] == ["a.wav"]
    [line] = describe_hearing(summary, {"window": "loudest"})
    assert "1.0 of the 28.5 s in 2 recordings (4%)" in line
    assert "0.5 of 28 s" in line and "--window" in line
    assert describe_hearing(Hearing().summary(), {}) == []


@pytest.mark.parametrize("kind", ["stem", "class"])
def test_what_was_done_to_a_recording_is_in_the_account(task, kind):
    """The mistake: a channel is left out and prepare does not say so."""
    done = task(noise(1.0), kind=kind)
    wave = noise(1.0)
    soundfile.write(task.folder / "a.wav", np.stack([wave, -wave], axis=1), RATE)
    hearing = Hearing()
    hearing.add(done.produce(REPRESENTATION).heard)
    [noted] = hearing.summary()["noted"]
    assert noted["path"] == "a.wav" and "2 channels cancel" in noted["note"]


def test_a_window_does_not_keep_its_recording_in_memory(task, monkeypatch):
    from cmgan_jax.prepare import moments

    met = []
    encode = moments.encode_windows
    monkeypatch.setattr(
        moments,
        "encode_windows",
        lambda windows, how: met.append(windows) or encode(windows, how),
    )
    for window in ("loudest", "first"):
        task(noise(28.0), window=window).produce(REPRESENTATION)
    assert [windows.base.size for windows in met] == [REPRESENTATION.window_samples] * 2


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    # A socket's path may not be long.
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


ODD = {
    "a pipe": (make_pipe, "a pipe (FIFO)"),
    "a socket": (make_socket, "a socket"),
    "a folder": (lambda path: path.mkdir(), "a folder"),
    "a link to a pipe": (
        lambda path: (make_pipe(path.with_name("p")), path.symlink_to("p")),
        "a link to a pipe",
    ),
    "a link to a device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), "a link to gone"),
    "a loop": (lambda path: path.symlink_to(path.name), "back to itself"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["a.wav", "a.png"])
def test_only_files_are_opened(task, odd, name):
    make, said = ODD[odd]
    whole = task(noise(1.0))
    (task.folder / name).unlink()
    make(task.folder / name)
    produced = whole.produce(REPRESENTATION)
    [defect] = produced.defects
    assert defect.path == name and said in defect.detail
    assert len(produced.split.image) == len(produced.split.sound) == 0
