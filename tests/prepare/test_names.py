"""Names that are the same to a person, and names that are no text."""

import os
import pathlib
import subprocess
import unicodedata

import pytest

from cmgan_jax.prepare import names
from cmgan_jax.runtime import names as runtime_names

NFC = unicodedata.normalize("NFC", "Flöte_é")
NFD = unicodedata.normalize("NFD", "Flöte_é")
BYTES = os.fsdecode(b"caf\xe9")


def test_numbers_sort_as_numbers():
    ordered = ["x_9", "x_10", "x_1000", "x_1001", "x_10000", "y_2"]
    assert sorted(reversed(ordered), key=names.by_number) == ordered
    mixed = ["7", "x", "7x", "x7", "x07", ""]
    assert len(sorted(mixed, key=names.by_number)) == 6


@pytest.mark.parametrize(
    "name",
    [
        *("._a.wav", ".DS_Store", "Icon\r", "Thumbs.db", "thumbs.db", "THUMBS.DB"),
        *("Desktop.ini", "@eaDir", "__MACOSX", "$RECYCLE.BIN", "$Recycle.Bin"),
        "System Volume Information",
    ],
)
def test_left_behind(name):
    assert runtime_names.is_left_behind(name)


def test_what_people_wrote_is_not_left_behind():
    assert not any(
        map(runtime_names.is_left_behind, ["Icon", "icon.png", "thumbs", "@home"])
    )


@pytest.mark.parametrize(
    ("ones", "others", "pairs", "unclear"),
    [
        (["IMG_07"], ["img_07"], [("IMG_07", "img_07")], 0),
        ([NFC], [NFD], [(NFC, NFD)], 0),
        ([NFC.upper()], [NFD], [(NFC.upper(), NFD)], 0),
        (["a", "A"], ["A", "a"], [("a", "a"), ("A", "A")], 0),
        (["a", "A"], ["a"], [("a", "a")], 0),
        (["aB", "Ab"], ["AB", "ab"], [], 2),
        ([BYTES], [BYTES], [(BYTES, BYTES)], 0),
        (["x"], ["y"], [], 0),
    ],
)
def test_names_are_matched_as_people_read_them(ones, others, pairs, unclear):
    assert names.match(ones, others, str) == (pairs, unclear)


def test_shown_names_can_be_stored_and_differ():
    odd = [BYTES, "caf\\xe9", "new\nline", "new\\nline", "日本語 🎻", "a\u2028b"]
    shown = [runtime_names.shown(name) for name in odd]
    assert shown[0] == "caf\\xe9" and shown[2] == "new\\nline"
    assert shown[4] == "日本語 🎻"
    assert len(set(shown)) == len(odd)
    for text in shown:
        text.encode("utf-8")
        assert text.isprintable()


def test_look_alikes():
    folders = [pathlib.Path(n) for n in (NFC, "tuba", NFD, "Tuba", "horn")]
    groups = [sorted(map(str, group)) for group in names.look_alikes(folders)]
    assert sorted(groups) == sorted([sorted([NFC, NFD]), ["Tuba", "tuba"]])


@pytest.mark.parametrize("name", [BYTES, "it's", "new\n'line", "a b$c;`d`", "back\\s"])
def test_a_quoted_path_is_one_word_to_the_shell(name):
    command = f"printf %s {runtime_names.quoted(name)}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert done.stdout == os.fsencode(name)
