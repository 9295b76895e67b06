"""A run that stops and goes on, and what it will not go on with."""

import copy
import dataclasses
import json
import os
import shutil
import signal

import pytest

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.data.verification import DamagedDataError
from cmgan_jax.runs import train_run as module
from cmgan_jax.runs.record import new_record
from cmgan_jax.runs.train_run import train_run
from cmgan_jax.runs.writers import MetricsWriter
from cmgan_jax.training.loop import Interrupted

PHASES = ("recognisers", "gan")


def digests(workdir, phase, step) -> dict:
    """Of everything that a checkpoint holds: equal only where every bit is."""
    folder = workdir / "checkpoints" / phase / str(step) / "digests"
    return json.loads((folder / "metadata").read_text())


def changed(config, **fields):
    """The configuration with fields of other content, "gan__steps" being gan.steps."""
    config = copy.deepcopy(config)
    for name, value in fields.items():
        section, field = name.split("__")
        config[section][field] = value
    return config


def stop_at(monkeypatch, phase, step):
    """SIGTERM arrives while the metrics of that step are written."""
    write = MetricsWriter.write

    def and_stop(self, number, scalars):
        write(self, number, scalars)
        if (self._phase, number) == (phase, step):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(MetricsWriter, "write", and_stop)


@pytest.fixture(scope="module")
def stopped(small_config, small_data, tmp_path_factory):
    """A run stopped at its first phase's last step, and in its last phase."""
    workdir, seen = tmp_path_factory.mktemp("stopped"), []
    for phase, step in (("recognisers", 4), ("gan", 1)):
        with pytest.MonkeyPatch.context() as patch:
            stop_at(patch, phase, step)
            with pytest.raises(Interrupted) as caught:
                train_run(small_config, small_data, workdir)
        folders = {path.name for path in (workdir / "checkpoints").iterdir()}
        seen.append((str(caught.value), folders))
    train_run(small_config, small_data, workdir)
    return workdir, seen


def test_a_request_to_stop_ends_the_run(stopped):
    """Also at a phase's last step: the next phase does not begin."""
    _, ((first, folders), (second, others)) = stopped
    assert "stopped after step 4 of recognisers; saved" in first
    assert folders == {"recognisers"}
    assert "stopped after step 2 of gan; saved" in second and others == set(PHASES)


def test_a_stopped_run_ends_as_the_straight_one(stopped, small_run, untimed_metrics):
    """Bit for bit: weights, optimizers, averages, and the order of what was read."""
    workdir, _ = stopped
    for phase in PHASES:
        assert set(digests(small_run, phase, 4)) == {"training", "inference"}
        assert digests(workdir, phase, 4) == digests(small_run, phase, 4), phase
    assert untimed_metrics(workdir) == untimed_metrics(small_run)


class DamagedAtTheFourthLook:
    """In place of the verification: damage shows when step 3 is to be logged."""

    def __init__(self, folder):
        self.looks = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def require_whole(self):
        self.looks += 1
        if self.looks >= 4:
            raise DamagedDataError("train/image.npy is damaged")


def test_damage_met_on_the_way_ends_the_run_and_harms_no_checkpoint(
    small_run, small_config, small_data, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "BackgroundVerification", DamagedAtTheFourthLook)
    with pytest.raises(DamagedDataError, match="image"):
        train_run(small_config, small_data, tmp_path)
    assert [line["step"] for line in MetricsWriter.read(tmp_path)] == [1, 2]
    assert digests(tmp_path, PHASES[0], 2) == digests(small_run, PHASES[0], 2)


def test_a_run_verifies_its_arrays(small_config, small_data, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(small_data.path, data)
    with (data / "test" / "sound.npy").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    with pytest.raises(DamagedDataError, match=r"data/test/sound\.npy is not as"):
        train_run(small_config, open_prepared(data), tmp_path / "run")


def test_a_finished_run_is_left_alone(small_run, small_config, small_data, monkeypatch):
    def no_feed(*arguments, **keywords):
        return lambda *needs: pytest.fail("a finished phase reads nothing")

    monkeypatch.setattr(module, "open_feeds", no_feed)
    before = {p: p.stat().st_mtime_ns for p in small_run.rglob("*.jsonl")}
    finished = train_run(small_config, small_data, small_run)
    assert set(finished) == set(PHASES)
    assert {p: p.stat().st_mtime_ns for p in small_run.rglob("*.jsonl")} == before


def test_other_settings_do_not_continue_a_run(
    small_run, small_config, small_data, tmp_path
):
    shutil.copy(small_run / "config.json", tmp_path)
    other = changed(small_config, gan__loss="wasserstein")
    with pytest.raises(
        ValueError, match=r"config\.gan\.loss: 'hinge' -> 'wasserstein'"
    ):
        train_run(other, small_data, tmp_path)


def test_what_was_learnt_from_is_not_trained_on(small_run, small_config, small_data):
    """The mistake: what generates was made for networks that are no longer there."""
    before = (small_run / "config.json").read_text()
    longer = changed(small_config, classifier__steps=9)
    with pytest.raises(
        ValueError, match=r"gan of .* learnt from .* 4 steps left\. Give"
    ):
        train_run(longer, small_data, small_run)
    assert (small_run / "config.json").read_text() == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"gan__loss": "hing"}, "gan.loss='hing' is unknown"),
        ({"gan__batch_size": 6}, "phase 'gan': a batch of 6 cannot be split over 4"),
        ({"run__reader": "torch"}, "run.reader='torch' is unknown"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_written(
    fields, message, small_config, small_data, tmp_path
):
    with pytest.raises(ValueError, match=message):
        train_run(changed(small_config, **fields), small_data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_class_aligned_data_are_not_paired_in_silence(
    small_config, small_data, tmp_path
):
    apart = dataclasses.replace(small_data, pairing="class")
    with pytest.raises(ValueError, match=r"pair_weight=1\.0 .* need pairs of one mom"):
        train_run(small_config, apart, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_processes_of_one_run_are_given_the_same(
    small_config, small_data, tmp_path, monkeypatch
):
    """The mistake: each trains as it was told, and the gradients are of both."""
    told = new_record(changed(small_config, gan__steps=9), small_data).to_json()
    told = json.loads(json.dumps(told))
    monkeypatch.setattr(module.processes, "by_first", lambda work: told)
    with pytest.raises(ValueError, match=r"process 0 \(config.gan.steps: 9 -> 4\)"):
        train_run(small_config, small_data, tmp_path)
    assert not list(tmp_path.iterdir())
