"""Judges: trained on rows of their own, stored, restored, trained anew for new data."""

import dataclasses
import json

import numpy as np
import pytest

from cmgan_jax.evaluation import judges
from cmgan_jax.evaluation.judge_training import held_out

STEPS = 30
BRIEF = 2  # where nothing asks what they know
SAME, OTHER = (0, 1, 2), (2, 0, 1)


@pytest.fixture(scope="module")
def trained(make_data, tmp_path_factory):
    """Judging rows follow one rule; training rows and one test split another."""
    splits = {
        "train": {"n": 60, "rule": OTHER},
        "judging": {"n": 120, "rule": SAME},
        "test": {"n": 30, "rule": OTHER},
        "test_performers": {"n": 31, "rule": SAME},
    }
    data = make_data(tmp_path_factory.mktemp("judged"), splits)
    return data, judges.require_judges(data, "image", steps=STEPS)


def test_judges_learn_the_judging_rows_and_no_others(trained):
    """Trained on anything else, they would be right on the test split."""
    _, found = trained
    for judge in found:
        assert judge.rows == "judging"
        assert judge.real["test"] == {"accuracy": 0.0, "n": 30}
        assert judge.real["test_performers"]["accuracy"] > 0.9
        assert judge.real["test_performers"]["n"] == 31
        assert (judge.accuracy, judge.n) == (0.0, 30)


def test_there_are_two_of_different_build_and_seed(trained):
    data, found = trained
    assert [judge.name for judge in found] == ["strided", "pooled"]
    designs = judges.DESIGNS
    assert len({design.seed for design in designs}) == len(designs) == 2
    items = data.split("test").image.array
    assert len({judge.digest for judge in found}) == 2
    names = {tuple(sorted(_parameters(data, judge))) for judge in found}
    assert len(names) == 2
    first, second = (judge.features(items) for judge in found)
    assert first.shape != second.shape or not np.allclose(first, second)


def _parameters(data, judge):
    folder = judges.judge_folder(data, judge.modality, judge.name)
    with np.load(folder / "variables.npz") as file:
        return file.files


def test_any_number_of_items_gets_the_same_verdicts(trained, make_rows):
    _, (judge, _) = trained
    items = make_rows(judges.BATCH_SIZE + 7, seed=9).array
    whole = judge.logits(items)
    assert whole.shape == (len(items), 3)
    np.testing.assert_allclose(judge.logits(items[-5:]), whole[-5:], atol=1e-4)
    assert (judge.guess(items) == np.argmax(whole, axis=-1)).all()


def test_stored_judges_are_restored_and_not_trained_again(trained):
    data, found = trained
    folder = judges.judge_folder(data, "image", "strided")
    assert not (folder / "checkpoints").exists()
    before = (folder / judges.RECORD).stat().st_mtime_ns
    again = judges.require_judges(data, "image", steps=STEPS)
    assert (folder / judges.RECORD).stat().st_mtime_ns == before
    items = data.split("test").image.array
    for one, other in zip(found, again, strict=True):
        assert one.digest == other.digest and one.real == other.real
        np.testing.assert_array_equal(one.logits(items), other.logits(items))


def test_judges_of_other_data_or_damaged_ones_are_not_used(trained, capsys):
    data, _ = trained
    description = data.path / "prepared.json"
    before = description.read_text()
    assert len(judges.stored_judges(data, "image")) == 2
    description.write_text(json.dumps(json.loads(before) | {"version": "other"}))
    opened_again = dataclasses.replace(data)
    assert judges.stored_judges(opened_again, "image") == ()
    assert "other data" in capsys.readouterr().out
    description.write_text(before)
    record = judges.judge_folder(data, "image", "pooled") / judges.RECORD
    whole = record.read_text()
    record.write_text(json.dumps(json.loads(whole) | {"digest": "0"}))
    assert judges.stored_judges(data, "image") == ()
    record.write_text(whole[:-9])
    assert judges.stored_judges(data, "image") == ()
    assert f"{record} is damaged" in capsys.readouterr().out
    record.write_text(whole)
    variables = record.with_name("variables.npz")
    kept = variables.read_bytes()
    variables.write_bytes(kept[: len(kept) // 2])
    assert judges.stored_judges(data, "image") == ()
    variables.write_bytes(kept)
    assert judges.stored_judges(data, "sound") == ()


def test_new_data_under_the_same_path_get_new_judges(make_data, tmp_path):
    rows = {"n": 60}
    old = make_data(tmp_path, {"judging": rows, "test": rows})
    first, _ = judges.require_judges(old, "image", steps=BRIEF)
    new = make_data(tmp_path, {"judging": rows | {"rule": OTHER}, "test": rows})
    second, _ = judges.require_judges(new, "image", steps=BRIEF)
    assert first.digest != second.digest
    record = judges.judge_folder(new, "image", "strided") / judges.RECORD
    assert json.loads(record.read_text())["data_digest"] == new.digest


def test_without_judging_rows_the_record_says_so(make_data, tmp_path):
    data = make_data(tmp_path, {"train": {"n": 60}, "test": {"n": 12}})
    for judge in judges.require_judges(data, "image", steps=BRIEF):
        assert judge.rows == "train"


def test_whole_songs_of_every_class_are_held_out(make_rows, with_columns):
    items = make_rows(180, seed=0, songs=7)
    apart = held_out(items)
    assert not set(items.song[apart]) & set(items.song[~apart])
    assert set(items.label[apart]) == set(items.label[~apart]) == {0, 1, 2}
    assert 0.1 < apart.mean() < 0.35
    unknown = held_out(with_columns(items, song=np.full(180, -1, np.int32)))
    assert unknown.sum() == 30 and set(items.label[unknown]) == {0, 1, 2}


def test_an_unknown_modality_is_refused(trained):
    with pytest.raises(ValueError, match="known: image, sound"):
        judges.require_judges(trained[0], "video")
