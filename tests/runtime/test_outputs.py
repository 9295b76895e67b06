"""Folders that a user names, before anything is written there."""

import pytest

from cmgan_jax.runtime import outputs


def test_folders_are_compared_and_not_their_names(tmp_path, monkeypatch):
    """The mistake: Photos and photos are one folder on a Mac and on Windows."""
    (tmp_path / "photos").mkdir()
    folded = type(tmp_path).samefile
    monkeypatch.setattr(
        type(tmp_path),
        "samefile",
        lambda one, other: folded(
            type(one)(str(one).lower()), type(one)(str(other).lower())
        ),
    )
    monkeypatch.chdir(tmp_path)
    here = type(tmp_path)()
    lower = here / "photos"
    upper = here / "Photos"
    if str(tmp_path).lower() != str(tmp_path):
        pytest.skip("the folder of the test has capitals")
    with pytest.raises(ValueError, match="is --input"):
        outputs.require_apart(upper, lower, output_is="--output", given_is="--input")


def test_folders_beside_each_other_are_apart(tmp_path):
    for name in ("in", "in2"):
        (tmp_path / name).mkdir()
    for output in ("in2", "new", "in3/deep"):
        outputs.require_apart(
            tmp_path / output, tmp_path / "in", output_is="--o", given_is="--i"
        )


def test_a_folder_that_holds_something_else_is_not_adopted(tmp_path):
    def check(folder):
        outputs.require_own_or_empty(
            folder,
            lambda found: (found / "config.json").exists(),
            folder_is="--workdir",
            expected="a run",
        )

    check(tmp_path / "new")
    for name in (".DS_Store", "config.json.partial"):
        (tmp_path / name).write_text("x")
    check(tmp_path)
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(ValueError, match=r"something else than a run \(thesis\.tex\)"):
        check(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    check(tmp_path)
    with pytest.raises(ValueError, match="is no folder"):
        check(tmp_path / "thesis.tex")


def test_texts_of_somebody_else_are_not_replaced(tmp_path):
    """The mistake: report replaces the user's own results.json."""
    ours, theirs = tmp_path / "results.json", tmp_path / "results.md"
    ours.write_text('{"versions": {"cmgan_jax": "1"}}')
    outputs.require_replaceable([ours, theirs])
    theirs.write_text("my results")
    with pytest.raises(ValueError, match=r"did not write \S+results\.md and"):
        outputs.require_replaceable([ours, theirs])


def test_long_lists_are_cut():
    assert outputs.listed([f"f{i}" for i in range(1300)]).endswith("f9 and 1,290 more")
