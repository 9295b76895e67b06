"""Training through the command line: what it leaves, resumes and refuses."""

import json
import shutil

import numpy as np
import pytest

from cmgan_jax.runs.writers import MetricsWriter

pytestmark = pytest.mark.slow


def digests(workdir, phase, step) -> dict:
    folder = workdir / "checkpoints" / phase / str(step) / "digests"
    return json.loads((folder / "metadata").read_text())


def test_training_leaves_checkpoints_metrics_samples_and_its_configuration(runs):
    for name, phases in {
        "s2i": {"recognisers", "gan"},
        "i2s": {"recognisers", "gan"},
    }.items():
        workdir = runs / name
        folders = {path.name for path in (workdir / "checkpoints").iterdir()}
        assert folders == phases
        steps = {path.name for path in (workdir / "checkpoints" / "gan").iterdir()}
        assert steps == {"2", "4"}
        lines = MetricsWriter.read(workdir)
        assert [x["step"] for x in lines if x["phase"] == "gan"] == [1, 2, 3, 4]
        assert {x["phase"] for x in lines} == phases
        assert all(np.isfinite(x.get("d_loss", 0.0)) for x in lines)
        assert [x["step"] for x in lines if "validation_accuracy" in x] == [2, 4]
        samples = sorted(path.name for path in (workdir / "samples").iterdir())
        assert samples == ["000002.png", "000004.png"]
        assert list((workdir / "tensorboard" / "gan").iterdir())
        record = json.loads((workdir / "config.json").read_text())
        assert record["config"]["direction"] == name and record["versions"]["jax"]
        assert record["config"]["model"]["width"] == 4
        assert len(record["class_names"]) == 13


@pytest.mark.parametrize("stopped_in", ["gan", "recognisers"])
def test_resuming_in_the_middle_equals_the_straight_run(
    stopped_in, runs, orchestra, run_verb, training_flags, tmp_path, untimed_metrics
):
    workdir = tmp_path / "resumed"
    shutil.copytree(runs / "s2i", workdir)
    checkpoints = workdir / "checkpoints"
    shutil.rmtree(checkpoints / stopped_in / "4")
    if stopped_in == "recognisers":
        shutil.rmtree(checkpoints / "gan")
    flags = (*training_flags["s2i"], f"--data={orchestra}", f"--workdir={workdir}")
    done = run_verb("train", *flags)
    assert done.returncode == 0, done.stderr
    for phase in ("recognisers", "gan"):
        straight = digests(runs / "s2i", phase, 4)
        assert set(straight) == {"training", "inference"}
        assert digests(workdir, phase, 4) == straight
    first, second = (untimed_metrics(path) for path in (runs / "s2i", workdir))
    in_order = {json.dumps(line, sort_keys=True) for line in first}
    assert {json.dumps(line, sort_keys=True) for line in second} == in_order
    assert len(second) == len(first)


def test_the_data_on_the_devices_and_two_steps_a_call_train_the_same(
    runs, orchestra, run_verb, training_flags, tmp_path
):
    flags = (*training_flags["s2i"], f"--data={orchestra}", f"--workdir={tmp_path}")
    resident = ("--config.run.reader=resident", "--config.run.steps_per_call=2")
    done = run_verb("train", *flags, *resident, "--config.run.log_every=2")
    assert done.returncode == 0, done.stderr
    straight, resident = (
        [x for x in MetricsWriter.read(path) if x["phase"] == "gan"]
        for path in (runs / "s2i", tmp_path)
    )
    assert [x["step"] for x in resident] == [2, 4]
    for name in ("d_loss", "g_loss", "reconstruction", "classification"):
        expected = np.mean([x[name] for x in straight[2:]])
        assert resident[1][name] == pytest.approx(expected, rel=1e-2), name


def test_a_finished_run_is_left_alone(runs, orchestra, run_verb, training_flags):
    before = (runs / "i2s" / "metrics.jsonl").stat().st_mtime_ns
    where = (f"--data={orchestra}", f"--workdir={runs / 'i2s'}")
    done = run_verb("train", *training_flags["i2s"], *where)
    assert done.returncode == 0 and "steps/s" not in done.stderr
    assert (runs / "i2s" / "metrics.jsonl").stat().st_mtime_ns == before


def test_other_settings_do_not_continue_a_run(
    runs, orchestra, run_verb, training_flags, refused
):
    flags = (*training_flags["s2i"], f"--data={orchestra}", f"--workdir={runs / 's2i'}")
    done = run_verb("train", *flags, "--config.gan.loss=wasserstein")
    assert refused(done, "config.gan.loss: 'hinge' -> 'wasserstein'")


def test_data_without_a_validation_split_trains(
    data, run_verb, training_flags, tmp_path
):
    copy = tmp_path / "data"
    shutil.copytree(data.path, copy)
    description = json.loads((copy / "prepared.json").read_text())
    del description["splits"]["validation"]
    for seal in ("about", "digest"):
        del description[seal]
    (copy / "prepared.json").write_text(json.dumps(description))
    workdir = tmp_path / "run"
    flags = (*training_flags["s2i"], f"--data={copy}", f"--workdir={workdir}")
    done = run_verb("train", *flags)
    assert done.returncode == 0, done.stderr
    assert "No validation split" in done.stdout
    assert (workdir / "samples" / "000004.png").exists()
    assert all("validation_accuracy" not in x for x in MetricsWriter.read(workdir))


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--config.gan.stepz=3", 'Did you mean "steps" instead of "stepz"?'),
        ("--config=sa_cmgam:s2i", "Did you mean 'sa_cmgan'?"),
        ("--config=sa_cmgan:s2s", "config.direction='s2s' is unknown; known: ['s2i'"),
        ("--config.run.reader=torch", "config.run.reader='torch' is unknown"),
        ("--config.gan.conditioning=all", "config.gan.conditioning='all' is unknown"),
    ],
)
def test_wrong_configurations_are_refused_in_one_message(
    flag, message, orchestra, run_verb, refused, tmp_path
):
    where = (f"--data={orchestra}", f"--workdir={tmp_path / 'run'}")
    assert refused(run_verb("train", *where, flag), message)
    assert not (tmp_path / "run").exists()
