"""Whatever lies in the folder that a user names."""

import os

import numpy as np
import pytest
import soundfile
from PIL import Image

from cmgan_jax.generation.inputs import list_inputs
from cmgan_jax.generation.media_in import read_sources


def test_folders_in_the_folder_are_read_and_kept(
    i2s, picture, generate, files_in, tmp_path
):
    """The mistake: sub-folders of --input are ignored without a word."""
    for number, name in enumerate(["a.png", "sub/a.png", "sub/deep/b.jpg"]):
        picture(tmp_path / "in" / name, number)
    generate(i2s, tmp_path / "in", tmp_path / "out")
    stems = {name.rsplit(".", 1)[0] for name in files_in(tmp_path / "out")}
    assert stems == {"a", "sub/a", "sub/deep/b"}


def test_what_systems_leave_behind_is_passed_over(i2s, picture, generate, tmp_path):
    """The mistake: generate stops at Thumbs.db where prepare passes it."""
    picture(tmp_path / "in" / "a.png")
    names = "Thumbs.db thumbs.db .DS_Store ._a.png desktop.ini Desktop.ini Icon\r"
    for name in names.split(" "):
        (tmp_path / "in" / name).write_bytes(b"\0\1" * 50)
    picture(tmp_path / "in" / "@eaDir" / "a.png" / "SYNOPHOTO_THUMB_M.jpg")
    picture(tmp_path / "in" / ".thumbnails" / "a.png")
    assert generate(i2s, tmp_path / "in", tmp_path / "out").sources == 1


def test_a_folder_of_nothing_else_holds_no_files(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match="holds no files"):
        list_inputs(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        list_inputs(tmp_path / "nowhere")


def test_a_stray_file_stops_everything_or_is_left_out(
    i2s, picture, generate, files_in, tmp_path
):
    """The mistake: one README.txt among photographs, and there is no way on."""
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "README.txt").write_text("mine")
    (tmp_path / "in" / "b.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="2 of the inputs are no use") as caught:
        generate(i2s, tmp_path / "in", tmp_path / "out")
    for word in ("README.txt", "b.jpg", "--on_bad=skip"):
        assert word in str(caught.value)
    assert not (tmp_path / "out").exists()
    done = generate(i2s, tmp_path / "in", tmp_path / "out", on_bad="skip")
    assert {os.path.basename(e.path) for e in done.left_out} == {"README.txt", "b.jpg"}
    assert set(files_in(tmp_path / "out")) == {"a.png", "a.wav"}


def test_skipping_everything_is_no_success(i2s, generate, tmp_path):
    """The mistake: --on_bad=skip says that 0 results are in a folder."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "README.txt").write_text("mine")
    with pytest.raises(ValueError, match="1 of the inputs are no use"):
        generate(i2s, tmp_path / "in", tmp_path / "out", on_bad="skip")


def test_the_other_modality_is_named(i2s, s2i, sound, picture, generate, tmp_path):
    with pytest.raises(ValueError, match="a workdir trained with :s2i"):
        generate(i2s, sound(tmp_path / "a.wav", 0.7), tmp_path / "out")
    with pytest.raises(ValueError, match="a workdir trained with :i2s"):
        generate(s2i, picture(tmp_path / "a.png"), tmp_path / "out")


def test_nothing_but_regular_files_is_opened(picture, tmp_path):
    """The mistake: a link to a FIFO is waited for, a loop of links ends everything."""
    given = picture(tmp_path / "in" / "a.png").parent
    os.mkfifo(tmp_path / "pipe")
    (given / "pipe.png").symlink_to(tmp_path / "pipe")
    (given / "loop.png").symlink_to(given / "loop.png")
    (given / "gone.png").symlink_to(given / "not_there.png")
    inputs, defects = list_inputs(given)
    assert [str(one.name) for one in inputs] == ["a.png"]
    said = {os.path.basename(defect.path): defect.reason for defect in defects}
    assert "FIFO" in said["pipe.png"]
    assert "back to itself" in said["loop.png"] and "not there" in said["gone.png"]
    assert list_inputs(tmp_path / "pipe")[1][0].kind == "not_regular"


def test_folders_behind_links_are_read_once(picture, tmp_path):
    """The mistake: a link to the folder it lies in is followed for ever."""
    given = picture(tmp_path / "in" / "sub" / "a.png").parents[1]
    (given / "again").symlink_to(given)
    (given / "a_link_to_sub").symlink_to(given / "sub")
    picture(tmp_path / "elsewhere" / "b.png")
    (given / "more").symlink_to(tmp_path / "elsewhere")
    inputs, defects = list_inputs(given)
    assert [str(one.name) for one in inputs] == ["more/b.png", "sub/a.png"]
    assert not defects


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_a_defect(picture, tmp_path):
    given = picture(tmp_path / "in" / "sub" / "a.png").parents[1]
    (given / "sub").chmod(0)
    try:
        assert list_inputs(given)[1][0].kind == "permission"
    finally:
        (given / "sub").chmod(0o700)


def test_names_that_are_no_text_work_and_are_shown_escaped(
    i2s, picture, generate, tmp_path
):
    """The mistake: a Latin-1 name from an old disk ends the run, no file named."""
    there = os.fsencode(tmp_path / "in")
    os.makedirs(there + b"/caf\xe9")
    file = picture(tmp_path / "a.png")
    os.rename(file, there + b"/caf\xe9/l\xe9.png")
    with open(there + b"/b\xe9.png", "wb") as empty:
        empty.close()
    with pytest.raises(ValueError, match=r"b\\xe9\.png") as caught:
        generate(i2s, tmp_path / "in", tmp_path / "out")
    str(caught.value).encode("utf-8")
    os.remove(there + b"/b\xe9.png")
    generate(i2s, tmp_path / "in", tmp_path / "out")
    assert os.path.exists(os.fsencode(tmp_path / "out") + b"/caf\xe9/l\xe9.png")


def test_sounds_whose_names_are_no_text_are_read(sound, s2i, generate, tmp_path):
    """The mistake: libsndfile's binding encodes names as text."""
    there = os.fsencode(tmp_path / "in")
    os.makedirs(there + b"/caf\xe9")
    os.rename(sound(tmp_path / "a.wav"), there + b"/caf\xe9/l\xe9.wav")
    generate(s2i, tmp_path / "in", tmp_path / "out")
    assert os.path.exists(os.fsencode(tmp_path / "out") + b"/caf\xe9/l\xe9.png")


def test_two_inputs_of_one_name_are_told_apart(
    i2s, picture, generate, files_in, tmp_path
):
    """The mistake: the results of a.jpg replace those of a.png."""
    for number, name in enumerate(["a.png", "a.jpg", "A.PNG", "b.png", "b_1.png"]):
        picture(tmp_path / "in" / name, number)
    done = generate(i2s, tmp_path / "in", tmp_path / "out")
    names = files_in(tmp_path / "out")
    assert len(names) == len({name.lower() for name in names}) == 2 * done.results
    stems = {name.removesuffix(".wav") for name in names if name.endswith(".wav")}
    assert {"a.jpg", "b", "b_1"} < stems
    assert sum(one.is_renamed for one in done.planned) == 3


def test_a_window_and_a_file_of_one_name_are_told_apart(
    s2i, sound, generate, files_in, tmp_path
):
    """The mistake: names are compared before windows are counted."""
    sound(tmp_path / "in" / "a.wav", 1.0)
    sound(tmp_path / "in" / "a_500.wav", 0.5, 880)
    generate(s2i, tmp_path / "in", tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"a.png", "a_500.png", "a_500~2.png"}


def test_the_same_source_is_generated_from_once(
    s2i, sound, generate, files_in, tmp_path, monkeypatch
):
    """The mistake: a loop of a minute costs as much as a minute of music."""
    sound(tmp_path / "in" / "a.wav", 2.0, 400)  # whole periods in every half second
    sound(tmp_path / "in" / "b.flac", 0.5, 400)
    asked = []
    make = type(s2i).generate
    monkeypatch.setattr(
        type(s2i),
        "generate",
        lambda self, sources, **more: (
            asked.append(len(sources)) or make(self, sources, **more)
        ),
    )
    done = generate(s2i, tmp_path / "in", tmp_path / "out")
    files = files_in(tmp_path / "out")
    assert len(files) == done.results == 5
    assert sum(asked) == len(set(files.values())) == 5 - done.repeated < 5


def test_results_are_those_of_the_model(s2i, generate, tmp_path):
    """The mistake: windows are batched in another order than their names."""
    file = tmp_path / "a.wav"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 22050 * 12)
    soundfile.write(file, noise, 22050)
    generate(s2i, file, tmp_path / "out", seed=3, samples=2)
    sources = list(
        read_sources(file, s2i.record.representation, direction=s2i.direction)
    )
    assert len(sources) == 24
    for source in sources:
        start = f"_{source.start_ms:05d}" if source.start_ms else ""
        for sample in (0, 1):
            expected = s2i.generate(source.array[None], seed=3 + sample)[0]
            path = tmp_path / "out" / f"a{start}_{sample + 1}.png"
            np.testing.assert_array_equal(np.asarray(Image.open(path)), expected)


def test_results_sorted_by_name_follow_in_time(s2i, sound, generate, tmp_path):
    """The mistake: a_10000.png sorts before a_9500.png, and a film of them jumps."""
    done = generate(s2i, sound(tmp_path / "a.wav", 10.5), tmp_path / "out")
    names = [name.name for name in done.planned[0].names(1)]
    assert names[:2] == ["a", "a_00500"] and names[-1] == "a_10000"
    there = sorted(path.stem for path in (tmp_path / "out").iterdir())
    assert there == names
