"""config.json: written, read, and guarding a run against other settings."""

import copy
import dataclasses
import json

import pytest

from cmgan_jax.runs.record import (
    VERSION,
    RunRecord,
    continued,
    read_record,
    versions,
    write_record,
)
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.interface import Task

# What version 3 did not know, as it worked.
LAST_CLASSIFIER = {"objective": "classification"}
NEW_MODEL = {"spectral_norm": "discriminator", "discriminator_head": "dense"}
# What version 2 did not know.
NEW_GAN = {"pair_weight": 0.0, "posterior_weight": 0.0, "spectra": 0}
NEW_CLASSIFIER = {"decay_from": 1.0, "pair_weight": 0.0}
# What version 3 had elsewhere, and did not know.
OLD_VARIATION = {"shift": 2, "noise": 0.1, "tint": 0.0}
NEWER_GAN = {"discriminator_varied": False}
# What version 6 did not know.
NEWEST_GAN = {"note_weight": 0.0, "sketches": 0}
# What version 8 did not know.
NEW_READER = {"targets": 300, "few": 500}

RECORD = RunRecord(
    config={
        "name": "mine",
        "system": "sa_cmgan",
        "direction": "s2i",
        "gan": {"steps": 10, "loss": "hinge", "average_decay": 0.999}
        | {"generator_learning_rate": 2e-4}
        | NEW_GAN
        | NEWER_GAN
        | NEWEST_GAN
        | {"prior": "standard"},
        "classifier": {"steps": 5, "batch_size": 4} | NEW_CLASSIFIER | LAST_CLASSIFIER,
        "model": {"width": 64} | NEW_MODEL,
        "variation": {
            name: {**OLD_VARIATION, "cutout": 0.0, "mirror": False}
            for name in ("image", "sound")
        },
        "gallery": {"size": 2048, "choice": "random"},
        "note_reader": {"sources": 0, "edges": 1024, "axes": 48} | NEW_READER,
        "run": {"log_every": 1, "choose_on_validation": False},
    },
    task=Task((16, 16, 3), (64, 64, 1), num_classes=2, stem_aligned=True),
    data="data/orchestra",
    data_digest="0" * 64,
    dataset="orchestra",
    representation=Representation(image_size=16),
    class_names=("flute", "tuba"),
    versions=versions(),
)


def changed(**fields) -> RunRecord:
    """RECORD with configuration fields changed, "gan__steps" naming gan.steps."""
    config = copy.deepcopy(RECORD.config)
    for name, value in fields.items():
        section, field = name.split("__")
        config[section][field] = value
    return dataclasses.replace(RECORD, config=config)


def test_round_trip(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]
    stored = json.loads((tmp_path / "config.json").read_text())
    assert stored["version"] == VERSION == 10
    assert stored["versions"]["jax"] and stored["versions"]["cmgan_jax"]


def test_settings_are_read_by_attribute():
    assert RECORD.settings.direction == "s2i"
    assert RECORD.settings.gan.average_decay == 0.999


def test_a_folder_without_a_run_is_said_to_be_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no config\.json"):
        read_record(tmp_path)


def ninth_version() -> dict:
    """What version 9 of the software wrote of RECORD."""
    fields = json.loads(json.dumps(RECORD.to_json())) | {"version": 9}
    del fields["config"]["gan"]["prior"]
    return fields


def eighth_version() -> dict:
    """What version 8 of the software wrote of RECORD."""
    fields = ninth_version() | {"version": 8}
    for name in NEW_READER:
        del fields["config"]["note_reader"][name]
    fields["config"]["note_reader"]["axes"] = 0
    return fields


def seventh_version() -> dict:
    """What version 7 of the software wrote of RECORD."""
    fields = eighth_version() | {"version": 7}
    del fields["config"]["note_reader"]["axes"]
    return fields


def sixth_version() -> dict:
    """What version 6 of the software wrote of RECORD."""
    fields = seventh_version() | {"version": 6}
    for name in NEWEST_GAN:
        del fields["config"]["gan"][name]
    return fields


def fifth_version() -> dict:
    """What version 5 of the software wrote of RECORD."""
    fields = sixth_version() | {"version": 5}
    del fields["task"]["pitched"], fields["config"]["note_reader"]
    return fields


def fourth_version() -> dict:
    """What version 4 of the software wrote of RECORD."""
    fields = fifth_version() | {"version": 4}
    del fields["changes"]
    return fields


def third_version() -> dict:
    """What version 3 of the software wrote of RECORD."""
    fields = fourth_version() | {"version": 3}
    news = (
        ("model", NEW_MODEL),
        ("classifier", LAST_CLASSIFIER),
        ("gan", NEWER_GAN),
    )
    for section, names in news:
        for name in names:
            del fields["config"][section][name]
    del fields["config"]["variation"], fields["config"]["gallery"]
    del fields["config"]["run"]["choose_on_validation"]
    fields["config"]["classifier"] |= OLD_VARIATION
    return fields


def second_version() -> dict:
    """What version 2 of the software wrote of RECORD."""
    fields = third_version() | {"version": 2}
    del fields["config"]["classifier"]["tint"]
    for section, names in (("gan", NEW_GAN), ("classifier", NEW_CLASSIFIER)):
        for name in names:
            del fields["config"][section][name]
    fields["config"]["classifier"]["target_too"] = True
    return fields


def first_version(direction: str) -> dict:
    """What version 1 of the software wrote of RECORD, or of its other direction."""
    fields = second_version()
    del fields["version"]
    config, task = fields["config"], fields["task"]
    config["system"] = config.pop("name")
    config["direction"] = direction
    shapes = task.pop("sound_shape"), task.pop("image_shape")
    source, target = shapes if direction == "s2i" else shapes[::-1]
    fields["task"] = {"source_shape": source, "target_shape": target, **task}
    return fields


@pytest.mark.parametrize("direction", ["s2i", "i2s"])
def test_version_1_is_still_read(direction, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(first_version(direction)))
    record = read_record(tmp_path)
    config = {**RECORD.config, "direction": direction}
    assert record == dataclasses.replace(RECORD, config=config)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record


@pytest.mark.parametrize(
    "written",
    [
        *(second_version, third_version, fourth_version, fifth_version),
        *(sixth_version, seventh_version, eighth_version, ninth_version),
    ],
)
def test_versions_2_to_9_are_still_read(written, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(written()))
    assert read_record(tmp_path) == RECORD


@pytest.mark.parametrize("version", [VERSION + 1, 99, "2", None])
def test_a_later_version_is_refused(version, tmp_path):
    fields = RECORD.to_json() | {"version": version, "more": 1}
    (tmp_path / "config.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=r"version .*; this software knows 1 to 10"):
        read_record(tmp_path)


def without(*path):
    """RECORD's file without one of its fields."""
    fields = json.loads(json.dumps(RECORD.to_json()))
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(fields)


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"config": {"gan"',
        "[]",
        "7",
        "{}",
        without("task"),
        without("task", "image_shape"),
        without("representation", "fmin"),
        without("config"),
        without("class_names"),
        json.dumps(first_version("s2i") | {"config": 3}),
    ],
)
def test_a_damaged_file_is_said_to_be_damaged(content, tmp_path):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config\.json is damaged \("):
        read_record(tmp_path)


def test_every_changed_field_is_named(tmp_path):
    new = dataclasses.replace(
        changed(gan__loss="wasserstein", classifier__batch_size=8),
        representation=Representation(image_size=32),
        class_names=("flute", "horn"),
    )
    with pytest.raises(ValueError) as caught:
        continued(RECORD, new, tmp_path, after={})
    message = str(caught.value)
    assert "config.gan.loss: 'hinge' -> 'wasserstein'" in message
    assert "config.classifier.batch_size: 4 -> 8" in message
    assert "representation.image_size: 16 -> 32" in message
    assert "class_names: ['flute', 'tuba'] -> ['flute', 'horn']" in message
    assert "another --workdir" in message


def test_length_rhythm_place_and_versions_may_change(tmp_path):
    longer = changed(gan__steps=20, classifier__steps=6, run__log_every=2)
    moved = dataclasses.replace(longer, data="elsewhere", versions={"jax": "9"})
    assert continued(RECORD, moved, tmp_path, after={}).data == "elsewhere"


def test_readers_of_version_8_stay_as_they_were(tmp_path):
    """The mistake: other numbers of items, which no checkpoint of theirs holds."""
    fields = eighth_version()
    fields["config"]["note_reader"] |= {"sources": 200, "axes": 24}
    (tmp_path / "config.json").write_text(json.dumps(fields))
    expected = {"sources": 200, "targets": 200, "edges": 1024, "axes": 24, "few": 200}
    assert read_record(tmp_path).config["note_reader"] == expected


def test_a_run_of_version_5_goes_on_with_data_that_say_their_notes(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(fifth_version()))
    pitched = dataclasses.replace(RECORD.task, pitched=True)
    now = dataclasses.replace(RECORD, task=pitched)
    record = continued(read_record(tmp_path), now, tmp_path, after={})
    assert record.task.pitched and record.changes == ()


def test_the_rates_may_change_and_the_record_says_after_which_steps(tmp_path):
    slower = changed(gan__generator_learning_rate=1e-4, run__log_every=3)
    record = continued(RECORD, slower, tmp_path, after={"gan": 40})
    assert record.config["gan"]["generator_learning_rate"] == 1e-4
    line = "config.gan.generator_learning_rate: 0.0002 -> 0.0001"
    assert record.changes == ({"after": {"gan": 40}, "changed": [line]},)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    again = continued(record, slower, tmp_path, after={"gan": 60})
    assert again.changes == record.changes


def test_shapes_that_contradict_the_representation_are_damage(tmp_path):
    fields = json.loads(json.dumps(RECORD.to_json()))
    fields["task"]["image_shape"] = [32, 32, 3]
    (tmp_path / "config.json").write_text(json.dumps(fields))
    with pytest.raises(
        ValueError, match=r"config\.json is damaged .*task\.image_shape"
    ):
        read_record(tmp_path)
