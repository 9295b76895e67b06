"""A run's evaluation: what it holds, when it is made anew, what it refuses."""

import dataclasses
import json

import jax.numpy as jnp
import numpy as np
import pytest

from cmgan_jax.data.integrity import file_digest
from cmgan_jax.evaluation import evaluate_run as module
from cmgan_jax.evaluation.evaluate_run import evaluate_run, read_result, require_splits
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.table import Table
from cmgan_jax.evaluation.wording import cautions, lines
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.record import new_record
from cmgan_jax.signals.direction import S2I
from cmgan_jax.systems.interface import Recognition, System

EDGES = {"lax": (84, 171), "strict": (84, 120)}


def brightness(edges):
    def look(items):
        level = items.mean(axis=(1, 2, 3))
        guess = np.digitize(level, edges)
        return level[:, None].astype(np.float32), np.eye(3, dtype=np.float32)[guess]

    return look


def by_brightness(name, digest="1", rows="judging"):
    real = {"test": {"accuracy": 1.0, "n": 61}}
    return Judge(name, "image", rows, real, digest, brightness(EDGES[name]))


def draw(finished, sources, keys, direction):
    """A picture as bright as its sound; real ones of the same pair are darker."""
    level = sources.astype(jnp.float32).mean(axis=(1, 2, 3)) / 127.5 - 1.0
    return jnp.broadcast_to(level[:, None, None, None], (*sources.shape[:3], 3))


@pytest.fixture
def data(make_data, tmp_path, with_columns):
    """Sounds of every class; pictures that are all dark."""
    data = make_data(tmp_path / "data", {"train": {"n": 30}, "test": {"n": 61}})
    test = data.splits["test"]
    dark = with_columns(test.image, array=test.image.array // 10)
    return dataclasses.replace(
        data, splits={**data.splits, "test": dataclasses.replace(test, image=dark)}
    )


@pytest.fixture
def model(data, tmp_path):
    config = {"direction": "s2i", "gan": {"classification_weight": 1.0}}
    record = new_record(config, data)
    used = ("classification loss",)
    system = System(record.task, (S2I,), (), (), draw, labels_used=used)
    return Model(tmp_path / "run", record, system, 7, "abc", {})


@pytest.fixture
def judged_by(monkeypatch):
    """Puts judges in the place of those that require_judges would train."""

    def put(*judges):
        monkeypatch.setattr(module, "require_judges", lambda *_, **__: judges)

    put(by_brightness("lax"), by_brightness("strict"))
    return put


@pytest.fixture
def count(monkeypatch):
    """Counts the passes over a split."""
    passes = []

    def make_table(*arguments, **keywords):
        passes.append(keywords)
        return Table_of(*arguments, **keywords)

    Table_of = module.make_table
    monkeypatch.setattr(module, "make_table", make_table)
    return passes


def test_the_generated_targets_are_scored_and_not_the_real_ones(model, data, judged_by):
    """Judges see the class in every generated picture, in a third of the real ones."""
    result = evaluate_run(model, data, split="test")
    measured = result["metrics"]
    assert measured["accuracy"]["lax"]["accuracy"] == 1.0
    assert measured["real_accuracy"]["lax"] == pytest.approx(21 / 61)
    assert measured["headline"]["judge"] == "strict"
    assert measured["headline"]["accuracy"] == pytest.approx(41 / 61)
    assert (result["n"], result["songs"], result["chance"]) == (61, 18, 1 / 3)
    assert np.sum(measured["confusion"]["strict"]) == 61


def test_what_is_written_is_what_is_returned(model, data, judged_by):
    result = evaluate_run(model, data, split="test", seed=3)
    folder = model.workdir / "evaluation"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["test.json", "test_items.npz"]
    assert json.loads((folder / "test.json").read_text()) == result
    assert read_result(folder / "test.json") == result
    assert result["made_from"] == {
        "version": module.VERSION,
        "protocol": "full",
        "direction": "s2i",
        "seed": 3,
        "step": 7,
        "checkpoint": "abc",
        "data": data.digest,
        "judges": {key: {"lax": "1", "strict": "1"} for key in ("image", "sound")},
    }
    table = Table.load(folder / "test_items.npz")
    assert (table.guess["lax"] == table.label).all() and len(table) == 61


def test_it_is_made_anew_when_anything_it_was_made_from_differs(
    model, data, judged_by, count
):
    evaluate_run(model, data, split="test")
    evaluate_run(model, data, split="test")
    assert len(count) == 1
    later = dataclasses.replace(model, digest="abd")
    evaluate_run(later, data, split="test")
    assert len(count) == 2
    evaluate_run(dataclasses.replace(later, step=8), data, split="test")
    assert len(count) == 3
    evaluate_run(later, data, split="test", seed=1)
    assert len(count) == 4 and count[-1]["seed"] == 1
    judged_by(by_brightness("lax"), by_brightness("strict", digest="2"))
    evaluate_run(later, data, split="test", seed=1)
    assert len(count) == 5
    description = data.path / "prepared.json"
    other = json.loads(description.read_text()) | {"version": "other"}
    description.write_text(json.dumps(other))
    replaced = dataclasses.replace(data)
    evaluate_run(later, replaced, split="test", seed=1)
    assert len(count) == 6
    evaluate_run(later, replaced, split="test", seed=1)
    assert len(count) == 6
    (model.workdir / "evaluation" / "test_items.npz").unlink()
    evaluate_run(later, replaced, split="test", seed=1)
    assert len(count) == 7


def test_a_damaged_or_older_result_is_made_anew(model, data, judged_by, count):
    evaluate_run(model, data, split="test")
    path = model.workdir / "evaluation" / "test.json"
    path.write_text(path.read_text()[:50])
    evaluate_run(model, data, split="test")
    path.write_text(json.dumps({"accuracy": 0.98, "step": 7}))
    evaluate_run(model, data, split="test")
    assert len(count) == 3


def test_people_are_told_everything_that_matters(model, data, judged_by):
    text = "\n".join(lines(evaluate_run(model, data, split="test")))
    for said in (
        "s2i test: accuracy 0.6721  95 % interval", "lax 1.0000", "strict 0.6721",
        "(real items 0.3443)", "worst class: middle 0.0000", "diversity within class",
        "labels help in training: classification loss",
    ):  # fmt: skip
        assert said in text
    assert "judging" not in text
    judged_by(by_brightness("lax", rows="train"), by_brightness("strict", rows="train"))
    model = dataclasses.replace(model, digest="other")
    text = "\n".join(lines(evaluate_run(model, data, split="test")))
    assert "models' own training rows" in text


def test_the_original_protocol_asks_the_runs_own_classifier(
    model, data, judged_by, monkeypatch
):
    """64 of 61 sources: all of them; that of the run calls everything middle."""
    asked = []

    def classifier(self, modality):
        asked.append(modality)
        return lambda x: jnp.eye(3)[jnp.ones(len(x), int)]

    monkeypatch.setattr(Model, "classifier", classifier)
    result = evaluate_run(model, data, split="test", protocol="original")
    assert asked == ["image"]
    assert (result["n"], result["accuracy"]) == (61, pytest.approx(20 / 61))
    assert (model.workdir / "evaluation" / "test_original.json").exists()
    assert not result["judges_itself"]
    own = Recognition("classifier", lambda variables, x: x)
    system = dataclasses.replace(model.system, recognitions={"image": own})
    model = dataclasses.replace(model, system=system, digest="other")
    result = evaluate_run(model, data, split="test", protocol="original")
    assert result["judges_itself"]
    assert any("very classifier that scores" in caution for caution in cautions(result))


def test_what_does_not_fit_is_refused(model, data, judged_by):
    with pytest.raises(ValueError, match="known: full, original"):
        evaluate_run(model, data, split="test", protocol="best")
    with pytest.raises(ValueError, match="it has train, test"):
        evaluate_run(model, data, split="tests")
    other = dataclasses.replace(data, class_names=("a", "b", "c"))
    with pytest.raises(ValueError, match="same classes"):
        evaluate_run(model, other, split="test")


def test_the_test_splits_are_found_or_missed(data):
    assert require_splits(data) == ["test"]
    alone = dataclasses.replace(data, splits={"train": data.splits["train"]})
    with pytest.raises(ValueError, match="only train: name one with --split"):
        require_splits(alone)


def test_data_that_changed_are_not_given_their_old_score(model, data, judged_by):
    """The arrays alone: what describes them, and makes the digest, is as it was."""
    array = data.path / "test" / "sound.npy"
    array.parent.mkdir()
    np.save(array, np.zeros(8, np.uint8))
    description = json.loads((data.path / "prepared.json").read_text())
    description["sha256"] = {"test/sound.npy": file_digest(array)}
    (data.path / "prepared.json").write_text(json.dumps(description))
    evaluate_run(model, data, split="test")
    np.save(array, np.ones(8, np.uint8))
    with pytest.raises(ValueError, match=r"test/sound\.npy: not as prepared"):
        evaluate_run(model, data, split="test")


def test_a_run_to_look_at_only_is_scored_and_that_is_said_first(
    model, data, judged_by, monkeypatch, capsys
):
    kept = evaluate_run(model, data, split="test")
    elsewhere = dataclasses.replace(model, workdir=model.workdir / "read_only")
    monkeypatch.setattr(module, "is_writable", lambda folder: False)
    monkeypatch.setattr(module, "_measured", lambda *_: fail_unless_said(capsys))
    result = evaluate_run(elsewhere, data, split="test")
    assert result["made_from"] == kept["made_from"]
    assert not elsewhere.workdir.exists()


def fail_unless_said(capsys) -> dict:
    """In the place of what measures: the folder was named before."""
    assert "read_only/evaluation cannot be written to" in capsys.readouterr().err
    return {}
