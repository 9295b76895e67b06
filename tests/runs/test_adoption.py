"""Recognisers of one direction taken over by the other."""

import copy
import json
import shutil

import pytest
from etils import epath

from cmgan_jax.runs.adoption import adopted, newest
from cmgan_jax.runs.record import new_record, read_record
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.systems.registry import assemble


@pytest.fixture(scope="module")
def other_config(small_config):
    """The same settings in the other direction."""
    config = copy.deepcopy(small_config)
    return config | {"direction": "i2s"}


def digest(workdir, step=4) -> dict[str, int]:
    folder = workdir / "checkpoints" / "recognisers" / str(step) / "digests"
    return json.loads((folder / "metadata").read_text())


def attempt(config, data, workdir, other):
    record = new_record(config, data)
    system = assemble(record.settings, record.task)
    return adopted(workdir, record, system, other)


def test_they_are_those_the_other_direction_trains(
    other_config, small_data, small_run, tmp_path
):
    """Bit for bit those that it would have trained itself, and not trained again."""
    begun = tmp_path / "begun"
    train_run(other_config, small_data, begun, recognisers_from=small_run)
    assert digest(begun) == digest(small_run)
    steps = (begun / "metrics.jsonl").read_text().splitlines()
    assert {json.loads(line)["phase"] for line in steps} == {"gan"}
    alone = tmp_path / "alone"
    train_run(other_config, small_data, alone, until="recognisers")
    assert digest(alone) == digest(begun)
    assert [phase.name for phase in (alone / "checkpoints").iterdir()] == [
        "recognisers"
    ]
    assert read_record(begun).config["direction"] == "i2s"


def test_a_phase_to_end_with_has_to_be_one(other_config, small_data, tmp_path):
    with pytest.raises(ValueError, match=r"no such phase; it has recognisers, gan\."):
        train_run(other_config, small_data, tmp_path / "run", until="recogniser")
    assert not (tmp_path / "run").exists()


def test_what_recognisers_do_not_depend_on_may_differ(
    other_config, small_data, small_run, tmp_path
):
    told = other_config | {"note_reader": {**other_config["note_reader"], "axes": 8}}
    assert attempt(told, small_data, tmp_path, small_run) == {"recognisers"}


def test_what_a_run_has_begun_itself_stays(
    other_config, small_data, small_run, tmp_path
):
    (tmp_path / "checkpoints/recognisers/2/digests").mkdir(parents=True)
    assert not attempt(other_config, small_data, tmp_path, small_run)


def test_other_settings_or_data_are_refused(
    other_config, small_data, small_run, tmp_path
):
    seed = other_config | {"seed": 1}
    with pytest.raises(ValueError, match=r"other settings \(config\.seed: 0 -> 1\)"):
        attempt(seed, small_data, tmp_path, small_run)
    with pytest.raises(FileNotFoundError, match=r"holds no config\.json"):
        attempt(other_config, small_data, tmp_path, tmp_path)


def test_an_unfinished_run_is_refused(other_config, small_data, small_run, tmp_path):
    half = tmp_path / "half"
    shutil.copytree(small_run, half)
    shutil.rmtree(half / "checkpoints" / "recognisers" / "4")
    with pytest.raises(ValueError, match=r"made 2 of 4 steps of phase 'recognisers'"):
        attempt(other_config, small_data, tmp_path / "mine", half)


def test_what_was_never_finished_is_named(tmp_path):
    """As of a run in a bucket, which was lost while it wrote its first checkpoint."""
    with pytest.raises(FileNotFoundError, match="no finished checkpoint: let the run"):
        newest(epath.Path(tmp_path), {})
