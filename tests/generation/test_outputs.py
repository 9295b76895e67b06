"""What is there already is never replaced, and results are whole or not there."""

import os

import numpy as np
import pytest

from cmgan_jax.generation import media_out


@pytest.mark.parametrize("relation", ["is", "holds", "lies in"])
@pytest.mark.parametrize("way", ["plain", "link"])
def test_inputs_and_results_do_not_mix(
    relation, way, i2s, picture, generate, files_in, tmp_path
):
    """The mistake: generate --input=X --output=X replaced the user's photographs."""
    given = picture(tmp_path / "all" / "mine" / "a.png").parent
    output = {"is": given, "holds": given.parent, "lies in": given / "new"}[relation]
    if way == "link":
        (tmp_path / "link").symlink_to(tmp_path / "all")
        output = tmp_path / "link" / output.relative_to(tmp_path / "all")
    before = files_in(tmp_path)
    with pytest.raises(ValueError, match=rf"--output=\S+ {relation} --input="):
        generate(i2s, given, output, overwrite=True)
    assert files_in(tmp_path) == before
    assert not (given / "new").exists()


def test_a_folder_in_the_output_that_leads_to_the_inputs(
    i2s, picture, generate, files_in, tmp_path
):
    """The mistake: only the output folder itself is compared with the input."""
    given = picture(tmp_path / "mine" / "sub" / "a.png").parents[1]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sub").symlink_to(given / "sub")
    before = files_in(given)
    with pytest.raises(ValueError, match=r"is --input|lies in --input"):
        generate(i2s, given, tmp_path / "out", overwrite=True)
    assert files_in(given) == before


def test_files_that_are_there_stay_unless_overwriting_is_asked_for(
    i2s, picture, generate, files_in, tmp_path
):
    """The mistake: names are looked at one by one, after others were written."""
    for number, name in enumerate("abc"):
        picture(tmp_path / "in" / f"{name}.jpg", number)
    out = tmp_path / "out"
    mine = picture(out / "c.png", 7)
    before = files_in(out)
    with pytest.raises(ValueError, match=r"1 of 6 results .*\(c\.png\)") as caught:
        generate(i2s, tmp_path / "in", out)
    assert "--overwrite" in str(caught.value)
    assert files_in(out) == before
    generate(i2s, tmp_path / "in", out, overwrite=True)
    assert mine.read_bytes() != before["c.png"]
    assert len(files_in(out)) == 6


def test_overwriting_replaces_a_link_and_not_what_it_leads_to(
    i2s, picture, generate, tmp_path
):
    """The mistake: results are written through links."""
    picture(tmp_path / "in" / "a.jpg")
    mine = picture(tmp_path / "mine.png", 3)
    before = mine.read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").symlink_to(mine)
    with pytest.raises(ValueError, match=r"a\.png"):
        generate(i2s, tmp_path / "in", tmp_path / "out")
    generate(i2s, tmp_path / "in", tmp_path / "out", overwrite=True)
    assert mine.read_bytes() == before


def test_a_folder_is_never_replaced(i2s, picture, generate, tmp_path):
    picture(tmp_path / "in" / "a.jpg")
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"a\.png.*move them away\.$"):
        generate(i2s, tmp_path / "in", tmp_path / "out", overwrite=True)


def test_an_output_that_is_a_file_is_said_to_be_none(i2s, picture, generate, tmp_path):
    picture(tmp_path / "in" / "a.jpg")
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ValueError, match="is there and is no folder"):
        generate(i2s, tmp_path / "in", tmp_path / "out", overwrite=True)


def test_names_too_long_for_a_file_system_are_told_beforehand(
    i2s, picture, generate, tmp_path
):
    """The mistake: the run dies of the first such name after others were written."""
    picture(tmp_path / "in" / "a.jpg")
    picture(tmp_path / "in" / ("b" * 251 + ".jpg"))
    with pytest.raises(ValueError, match="more than 255 bytes"):
        generate(i2s, tmp_path / "in", tmp_path / "out", samples=10)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("writer", ["write_picture", "write_wav"])
def test_results_are_whole_or_not_there(
    writer, i2s, picture, generate, files_in, tmp_path, monkeypatch
):
    """The mistake: a file under its own name before it is complete."""
    picture(tmp_path / "in" / "a.jpg")

    def full_disk(path, *arguments):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(media_out, writer, full_disk)
    with pytest.raises(OSError, match="No space"):
        generate(i2s, tmp_path / "in", tmp_path / "out")
    assert "a.png" not in files_in(tmp_path / "out")
    assert b"half" not in files_in(tmp_path / "out").values()
    assert not [n for n in os.listdir(tmp_path / "out") if n.startswith(".")]


def test_stopped_it_says_how_to_go_on(i2s, picture, generate, tmp_path, monkeypatch):
    """The mistake: "the same command again" would find its own results in the way."""
    picture(tmp_path / "in" / "a.jpg")

    def stop(path, *arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(media_out, "write_picture", stop)
    with pytest.raises(KeyboardInterrupt, match=r"0 of 1 results .* --overwrite"):
        generate(i2s, tmp_path / "in", tmp_path / "out")


def test_sounds_begin_and_end_softly():
    """The mistake: the last samples are the loudest, and set the level (issue 8)."""
    waves = 0.2 * np.random.default_rng(0).uniform(-1, 1, (2, 11025))
    waves[0, -20:], waves[1, :3] = 1.0, -1.0
    soft = media_out.faded(waves, 22050)
    for wave in np.abs(soft):
        assert 200 < wave.argmax() < 11025 - 200 and wave.max() == 1
        assert wave[0] == wave[-1] == 0 and wave[-22:].max() < 0.5
    # 5 ms at either end and nothing else.
    inside = slice(110, -110)
    ratio = soft[:, inside] / waves[:, inside]
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1], ratio.shape))


def test_nothing_but_an_edge_is_not_made_noise():
    waves = np.zeros((2, 11025), np.float32)
    waves[0, 50], waves[0, 5000] = 1.0, 1e-6
    soft = media_out.faded(waves, 22050)
    assert abs(soft[0, 5000]) < 1e-3 and soft.dtype == np.float32
    assert not soft[1].any()
