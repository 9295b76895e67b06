"""Names as they are printed, and commands as they are pasted."""

import os
import subprocess

import pytest

from cmgan_jax.runtime.names import (
    command,
    counted,
    is_left_behind,
    quoted,
    same_but_case,
    shown,
)

ODD = [
    "plain",
    "my data",
    "-rf",
    'it\'s; $x `t` "d" & 100%',
    "new\nline",
    "back\\slash",
    os.fsdecode(b"caf\xe9"),
    os.fsdecode("Fl\u00f6te \U0001f3bb".encode()),
    os.fsdecode(b"it's \xe9 \\ here"),
]


@pytest.mark.parametrize("name", ODD)
def test_a_pasted_command_means_the_same_path(name):
    """The mistake: "Next: ... --data=my data" prepares another folder."""
    words = ["bash", "-c", f"printf %s --data={quoted(name)}"]
    done = subprocess.run([os.fsencode(word) for word in words], capture_output=True)
    assert done.stdout == b"--data=" + os.fsencode(name), done.stderr


def test_commands_are_whole():
    asked = command("train", data="my data", workdir="runs/s2i")
    assert asked == "python -m cmgan_jax train --data='my data' --workdir=runs/s2i"


def test_names_are_shown_and_stay_different():
    assert len({shown(name) for name in ODD}) == len(ODD)
    for name in ODD:
        assert shown(name).isprintable() and shown(name).encode("utf-8")
    assert shown(os.fsdecode(b"caf\xe9")) == r"caf\xe9"


def test_what_systems_leave_behind():
    names = [".DS_Store", "._a.mp3", "Thumbs.db", "thumbs.db", "Icon\r", "@eaDir"]
    assert all(map(is_left_behind, [*names, "desktop.ini", "__MACOSX"]))
    assert not any(map(is_left_behind, ["a.png", "thumbs.db.png", "Icon", "@eaDir_"]))


def test_what_editors_keep_beside_a_file():
    """The mistake: flute00.xmp is a second flute00, flute01.wav.reapeaks a sound."""
    kept = ["a.png~", "a.XMP", "a.wav.reapeaks", "IMG_1.AAE", "a.wav.asd"]
    assert all(map(is_left_behind, kept))
    assert not any(map(is_left_behind, ["a~.png", "xmp", "a.xmp.png", "a.png.part"]))


def test_numbers_of_things():
    assert counted(1, "file") == "1 file" and counted(0, "file") == "0 files"
    assert counted(2000, "sound row") == "2,000 sound rows"


def test_names_that_people_take_for_the_same():
    assert same_but_case("Fl\u00f6te.WAV") == same_but_case("flo\u0308te.wav")
    assert same_but_case("a") != same_but_case("b")
