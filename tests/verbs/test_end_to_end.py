"""From a small orchestra to trained systems, scores, media and the report.

Everything goes through the command line. The nets are too small and too briefly
trained to be any good; what is checked is that each verb does the whole of its work.
"""

import json
import shutil

import matplotlib.image
import numpy as np
import pytest
import soundfile

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.writers import MetricsWriter

NO_TENSORFLOW = ("tensorflow", "tensorflow_datasets", "librosa", "soundfile")
TINY = (
    "--config.model.width=4",
    "--config.model.hidden_size=16",
    "--config.model.attention_stage=3",
    "--config.classifier.steps=4",
    "--config.classifier.batch_size=8",
    "--config.gan.steps=4",
    "--config.gan.batch_size=8",
    "--config.run.log_every=1",
    "--config.run.sample_every=2",
    "--config.run.checkpoint_every=2",
    "--config.run.validation_examples=20",
)
S2I = (
    "--config=configs/sa_cmgan.py:s2i",
    *TINY,
    "--config.run.reader=numpy",
    "--config.classifier.target_too",
)
I2S = (
    "--config=configs/sa_cmgan.py:i2s",
    *TINY,
    "--config.gan.classification_weight=0.0",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(orchestra, run_verb):
    """The orchestra with its judges, trained briefly and without TensorFlow."""
    flags = (f"--data={orchestra}", "--steps=20")
    done = run_verb("judge", *flags, absent=NO_TENSORFLOW)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("of 104 real test items") == 2
    return open_prepared(orchestra)


@pytest.fixture(scope="module")
def runs(data, orchestra, run_verb, tmp_path_factory):
    """Workdirs s2i and i2s, trained; s2i where TensorFlow cannot be imported."""
    folder = tmp_path_factory.mktemp("runs")
    for name, flags, absent in (("s2i", S2I, NO_TENSORFLOW), ("i2s", I2S, ())):
        where = (f"--data={orchestra}", f"--workdir={folder / name}")
        done = run_verb("train", *flags, *where, absent=absent)
        assert done.returncode == 0, done.stderr
        assert f"{name} trained for 4 steps" in done.stdout
    return folder


@pytest.fixture(scope="module")
def evaluated(runs, run_verb):
    """The runs, evaluated on their test split, again without TensorFlow."""
    for name in ("s2i", "i2s"):
        flag = f"--workdir={runs / name}"
        done = run_verb("evaluate", flag, absent=NO_TENSORFLOW)
        assert done.returncode == 0, done.stderr
        assert f"{name} test (full protocol): accuracy" in done.stdout
    return runs


def digests(workdir, phase, step) -> dict:
    folder = workdir / "checkpoints" / phase / str(step) / "digests"
    return json.loads((folder / "metadata").read_text())


def refused(done, *messages: str) -> bool:
    """Whether a verb ended in one plain message that says all of this."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return all(message in done.stderr for message in messages) or pytest.fail(
        done.stderr
    )


def test_training_leaves_checkpoints_metrics_samples_and_its_configuration(runs):
    for name, phases in {
        "s2i": {"classifier", "target_classifier", "gan"},
        "i2s": {"classifier", "gan"},
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


@pytest.mark.parametrize("stopped_in", ["gan", "classifier"])
def test_resuming_in_the_middle_equals_the_straight_run(
    stopped_in, runs, orchestra, run_verb, tmp_path
):
    workdir = tmp_path / "resumed"
    shutil.copytree(runs / "s2i", workdir)
    checkpoints = workdir / "checkpoints"
    shutil.rmtree(checkpoints / stopped_in / "4")
    if stopped_in == "classifier":
        shutil.rmtree(checkpoints / "gan")
    done = run_verb("train", *S2I, f"--data={orchestra}", f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    for phase in ("classifier", "gan"):
        straight = digests(runs / "s2i", phase, 4)
        assert set(straight) == {"training", "inference"}
        assert digests(workdir, phase, 4) == straight
    first, second = (MetricsWriter.read(path) for path in (runs / "s2i", workdir))
    in_order = {json.dumps(line, sort_keys=True) for line in first}
    assert {json.dumps(line, sort_keys=True) for line in second} == in_order
    assert len(second) == len(first)


def test_a_finished_run_is_left_alone(runs, orchestra, run_verb):
    before = (runs / "i2s" / "metrics.jsonl").stat().st_mtime_ns
    flags = (*I2S, f"--data={orchestra}", f"--workdir={runs / 'i2s'}")
    done = run_verb("train", *flags)
    assert done.returncode == 0 and "steps/s" not in done.stderr
    assert (runs / "i2s" / "metrics.jsonl").stat().st_mtime_ns == before


def test_other_settings_do_not_continue_a_run(runs, orchestra, run_verb):
    flags = (*S2I, f"--data={orchestra}", f"--workdir={runs / 's2i'}")
    done = run_verb("train", *flags, "--config.gan.loss=wasserstein")
    assert refused(done, "config.gan.loss: 'hinge' -> 'wasserstein'")


def test_data_without_a_validation_split_trains(data, run_verb, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(data.path, copy)
    description = json.loads((copy / "prepared.json").read_text())
    del description["splits"]["validation"]
    (copy / "prepared.json").write_text(json.dumps(description))
    workdir = tmp_path / "run"
    done = run_verb("train", *S2I, f"--data={copy}", f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    assert "No validation split" in done.stdout
    assert (workdir / "samples" / "000004.png").exists()
    assert all("validation_accuracy" not in x for x in MetricsWriter.read(workdir))


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--config.gan.stepz=3", 'Did you mean "steps" instead of "stepz"?'),
        ("--config=configs/sa_cmgam.py:s2i", "No such file or directory"),
        ("--config=configs/sa_cmgan.py:s2s", "known: s2i, i2s"),
        ("--config.run.reader=torch", "config.run.reader='torch' is unknown"),
        ("--config.gan.conditioning=all", "config.gan.conditioning='all' is unknown"),
    ],
)
def test_wrong_configurations_are_refused_in_one_message(
    flag, message, orchestra, run_verb, tmp_path
):
    where = (f"--data={orchestra}", f"--workdir={tmp_path / 'run'}")
    assert refused(run_verb("train", *where, flag), message)
    assert not (tmp_path / "run").exists()


def test_evaluation_covers_the_complete_split(evaluated, data):
    for name in ("s2i", "i2s"):
        result = json.loads((evaluated / name / "evaluation" / "test.json").read_text())
        low, high = result["interval"]
        assert result["n"] == len(data.split("test").image) == 104
        assert 0 <= low <= result["accuracy"] <= high <= 1
        assert (result["direction"], result["protocol"]) == (name, "full")
        assert result["judge"]["n"] == 104 and result["chance"] == 1 / 13
        assert np.sum(result["confusion"]) == 104 and result["step"] == 4
        hits = np.trace(result["confusion"])
        assert result["accuracy"] == pytest.approx(hits / 104)
        assert sum(x["n"] for x in result["per_class"].values()) == 104


def test_the_original_protocol_asks_the_runs_own_classifier(evaluated, run_verb):
    flags = (f"--workdir={evaluated / 's2i'}", "--protocol=original")
    done = run_verb("evaluate", *flags)
    assert done.returncode == 0, done.stderr
    path = evaluated / "s2i" / "evaluation" / "test_original.json"
    result = json.loads(path.read_text())
    assert result["n"] == 64 and result["protocol"] == "original"


def test_data_of_another_representation_is_refused(data, runs, run_verb, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(data.path, copy)
    description = json.loads((copy / "prepared.json").read_text())
    description["representation"]["fmin"] = 50.0
    (copy / "prepared.json").write_text(json.dumps(description))
    done = run_verb("evaluate", f"--workdir={runs / 's2i'}", f"--data={copy}")
    assert refused(done, "fmin: 40.0 in the run", "50.0 in the data")


def test_sounds_become_pictures(runs, run_verb, tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050 * 6 // 5) / 22050)
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "tone.wav", tone, 22050)
    flags = [
        f"--workdir={runs / 's2i'}",
        f"--input={tmp_path / 'in'}",
        "--samples=2",
    ]
    made = []
    for name, seed in (("out", 0), ("same", 0), ("other", 1)):
        out = tmp_path / name
        done = run_verb("generate", *flags, f"--output={out}", f"--seed={seed}")
        assert done.returncode == 0, done.stderr
        names = sorted(path.name for path in out.iterdir())
        assert names == [
            "tone_1.png", "tone_2.png", "tone_500_1.png", "tone_500_2.png",
        ]  # fmt: skip
        made.append(np.stack([matplotlib.image.imread(out / name) for name in names]))
    assert made[0].shape[1:3] == (16, 16)
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
    assert not np.array_equal(made[0][0], made[0][1])


def test_pictures_become_sounds(runs, run_verb, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    matplotlib.image.imsave(tmp_path / "noise.png", picture)
    flags = (f"--workdir={runs / 'i2s'}", f"--input={tmp_path / 'noise.png'}")
    done = run_verb("generate", *flags, f"--output={tmp_path / 'out'}")
    assert done.returncode == 0, done.stderr
    wave, rate = soundfile.read(tmp_path / "out" / "noise.wav")
    assert (rate, len(wave)) == (22050, 11025) and np.abs(wave).max() > 0
    assert matplotlib.image.imread(tmp_path / "out" / "noise.png").shape[0] == 256


def test_useless_inputs_are_all_named_and_nothing_is_written(runs, run_verb, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    matplotlib.image.imsave(folder / "a.png", np.zeros((16, 16, 3), np.uint8))
    (folder / "b.wav").write_bytes(b"")
    (folder / "c.wav").write_bytes(b"no sound at all" * 9)
    soundfile.write(folder / "d.wav", np.zeros(100), 22050)
    out = tmp_path / "out"
    flags = (f"--workdir={runs / 's2i'}", f"--input={folder}", f"--output={out}")
    done = run_verb("generate", *flags)
    assert refused(done, "4 of the inputs are no use", "a.png", "b.wav", "d.wav")
    assert refused(done, "It is a picture: give it to a workdir trained with :i2s")
    assert not out.exists()


def test_untrained_and_foreign_folders_are_said_to_be_none(runs, run_verb, tmp_path):
    done = run_verb("generate", f"--workdir={tmp_path}", "--input=x.wav")
    assert refused(done, "holds no config.json")
    shutil.copy(runs / "s2i" / "config.json", tmp_path)
    done = run_verb("evaluate", f"--workdir={tmp_path}")
    assert refused(done, "no checkpoint of phase 'gan' yet")


def test_the_report_is_one_page_with_results_beside_it(evaluated, run_verb):
    flags = ("--per_class=1", "--samples=1")
    done = run_verb("report", f"--run={evaluated}", *flags)
    assert done.returncode == 0, done.stderr
    page = (evaluated / "report" / "index.html").read_text()
    assert "<audio" in page and "data:image/png;base64" in page
    assert 'src="http' not in page and 'href="http' not in page
    results = json.loads((evaluated / "results.json").read_text())
    for name in ("s2i", "i2s"):
        assert {"accuracy", "interval", "n", "chance"} <= set(results[name])
        assert results[name]["n"] == 104
        assert name in done.stdout
    assert results["versions"]["jax"] and set(results["configuration"]) == {
        "s2i",
        "i2s",
    }


def test_a_report_needs_evaluated_runs(runs, run_verb, tmp_path):
    assert refused(run_verb("report", f"--run={tmp_path}"), "holds no workdir s2i or")
    shutil.copytree(runs / "s2i", tmp_path / "s2i")
    shutil.rmtree(tmp_path / "s2i" / "evaluation", ignore_errors=True)
    done = run_verb("report", f"--run={tmp_path}")
    assert refused(done, "is not evaluated on its test split")
