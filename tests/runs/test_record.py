"""config.json: written, read, and guarding a run against other settings."""

import copy
import dataclasses
import json

import pytest

from cmgan_jax.runs.record import (
    RunRecord,
    read_record,
    require_continuable,
    versions,
    write_record,
)
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.sa_cmgan import Task

RECORD = RunRecord(
    config={
        "direction": "s2i",
        "gan": {"steps": 10, "loss": "hinge", "average_decay": 0.999},
        "classifier": {"steps": 5, "batch_size": 4},
        "run": {"log_every": 1},
    },
    task=Task((64, 64, 1), (16, 16, 3), num_classes=2, stem_aligned=True),
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
    assert stored["versions"]["jax"] and stored["versions"]["cmgan_jax"]


def test_settings_are_read_by_attribute():
    assert RECORD.direction == "s2i"
    assert RECORD.settings.gan.average_decay == 0.999


def test_a_folder_without_a_run_is_said_to_be_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no config\.json"):
        read_record(tmp_path)


def test_every_changed_field_is_named(tmp_path):
    new = dataclasses.replace(
        changed(gan__loss="wasserstein", classifier__batch_size=8),
        representation=Representation(image_size=32),
        class_names=("flute", "horn"),
    )
    with pytest.raises(ValueError) as caught:
        require_continuable(RECORD, new, tmp_path)
    message = str(caught.value)
    assert "config.gan.loss: 'hinge' -> 'wasserstein'" in message
    assert "config.classifier.batch_size: 4 -> 8" in message
    assert "representation.image_size: 16 -> 32" in message
    assert "class_names: ['flute', 'tuba'] -> ['flute', 'horn']" in message
    assert "another --workdir" in message


def test_length_rhythm_place_and_versions_may_change(tmp_path):
    longer = changed(gan__steps=20, classifier__steps=6, run__log_every=2)
    moved = dataclasses.replace(longer, data="elsewhere", versions={"jax": "9"})
    require_continuable(RECORD, moved, tmp_path)
