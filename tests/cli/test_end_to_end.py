"""From two trained systems to scores, media and the report.

Everything goes through the command line. The nets are too small and too briefly
trained to be any good; what is checked is that each verb does the whole of its work.
"""

import json
import shutil

import matplotlib.image
import numpy as np
import pytest
import soundfile

import cmgan_jax
from cmgan_jax.evaluation.judges import stored_judges
from cmgan_jax.evaluation.table import Table
from cmgan_jax.reporting.gather import _of_direction
from cmgan_jax.signals.direction import DIRECTIONS

pytestmark = pytest.mark.slow


def test_evaluation_covers_the_complete_split(evaluated, data):
    for name in ("s2i", "i2s"):
        result = json.loads((evaluated / name / "evaluation" / "test.json").read_text())
        measured = result["metrics"]
        headline = measured["headline"]
        low, high = headline["interval"]
        n = len(data.split("test").image)
        assert result["n"] == n > 0
        assert 0 <= low <= headline["accuracy"] <= high <= 1
        assert (result["direction"], result["protocol"]) == (name, "full")
        assert result["chance"] == 1 / 13 and result["made_from"]["step"] == 4
        assert list(result["judges"]) == ["strided", "pooled"]
        for judge, entry in result["judges"].items():
            assert entry["real"]["test"]["n"] == n
            confusion = measured["confusion"][judge]
            hits = np.trace(confusion) / np.sum(confusion)
            assert measured["accuracy"][judge]["accuracy"] == pytest.approx(hits)
            assert headline["accuracy"] <= hits and np.sum(confusion) == n
        assert measured["diversity"]["least"]["ratio"] >= 0
        assert measured["nearest_training_item"]["real"] > 0
        helped = bool(result["labels_in_training"])
        assert helped == (name == "s2i")
        for split in ("test", "test_performers"):
            items = evaluated / name / "evaluation" / f"{split}_items.npz"
            table = Table.load(items)
            assert len(table) == len(data.split(split).image)


def test_the_verb_scores_what_is_generated(evaluated, data):
    """The judges' guesses in the table are those about newly generated targets."""
    model = cmgan_jax.load(evaluated / "s2i").model("s2i")
    split = data.split("test")
    table = Table.load(evaluated / "s2i" / "evaluation" / "test_items.npz")
    generated = model.generate(split.sound.array[::7])
    for judge in stored_judges(data, "image"):
        guess = judge.guess(generated)
        np.testing.assert_array_equal(table.guess[judge.name][::7], guess)


def test_judges_of_one_modality_may_be_asked_for(data, run_verb):
    done = run_verb("judge", f"--data={data.path}", "--modality=sound")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("judge of sounds") == 2
    assert "judge of images" not in done.stdout


def test_what_was_evaluated_is_only_printed(evaluated, run_verb):
    path = evaluated / "s2i" / "evaluation" / "test.json"
    before = path.stat().st_mtime_ns
    done = run_verb("evaluate", f"--workdir={evaluated / 's2i'}", "--split=test")
    assert done.returncode == 0, done.stderr
    assert "worst class" in done.stdout and "test_performers" not in done.stdout
    assert path.stat().st_mtime_ns == before


def test_the_original_protocol_asks_the_runs_own_classifier(evaluated, run_verb):
    flags = (f"--workdir={evaluated / 's2i'}", "--protocol=original", "--split=test")
    done = run_verb("evaluate", *flags)
    assert done.returncode == 0, done.stderr
    path = evaluated / "s2i" / "evaluation" / "test_original.json"
    result = json.loads(path.read_text())
    assert result["n"] == 64 and result["protocol"] == "original"
    # It was trained with a classification loss under this very classifier.
    assert result["judges_itself"] and "very classifier that scores" in done.stdout


def test_data_of_another_representation_is_refused(
    data, runs, run_verb, refused, tmp_path
):
    copy = tmp_path / "data"
    shutil.copytree(data.path, copy)
    description = json.loads((copy / "prepared.json").read_text())
    description["representation"]["fmin"] = 50.0
    for seal in ("about", "digest"):
        del description[seal]
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
        "--as=pictures",
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


def test_useless_inputs_are_all_named_and_nothing_is_written(
    runs, run_verb, refused, tmp_path
):
    folder = tmp_path / "in"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    matplotlib.image.imsave(folder / "a.png", noise)
    (folder / "b.wav").write_bytes(b"")
    (folder / "c.wav").write_bytes(b"no sound at all" * 9)
    soundfile.write(folder / "d.wav", np.zeros(100), 22050)
    out = tmp_path / "out"
    flags = (f"--workdir={runs / 's2i'}", f"--input={folder}", f"--output={out}")
    done = run_verb("generate", *flags)
    assert refused(done, "4 of the inputs are no use", "a.png", "b.wav", "d.wav")
    assert refused(done, "It is a picture: give --direction=i2s, or a workdir trained")
    assert not out.exists()


def test_untrained_and_foreign_folders_are_said_to_be_none(
    runs, run_verb, refused, tmp_path
):
    done = run_verb("generate", f"--workdir={tmp_path}", "--input=x.wav")
    assert refused(done, "holds no config.json")
    shutil.copy(runs / "s2i" / "config.json", tmp_path)
    done = run_verb("evaluate", f"--workdir={tmp_path}")
    assert refused(done, "no checkpoint of phase 'gan' yet")


def test_the_report_is_one_page_with_results_beside_it(evaluated, data, run_verb):
    flags = ("--per_class=1", "--samples=1")
    done = run_verb("report", f"--run={evaluated}", *flags)
    assert done.returncode == 0, done.stderr
    page = (evaluated / "report" / "index.html").read_text()
    assert "<audio" in page and "data:image/png;base64" in page
    assert 'src="http' not in page and 'href="http' not in page
    results = json.loads((evaluated / "results.json").read_text())
    for name in ("s2i", "i2s"):
        assert set(results[name]) == {"test", "test_performers"}
        entry = results[name]["test"]
        assert {"accuracy", "interval"} < set(entry["headline"])
        assert entry["n"] == len(data.split("test").image)
        assert set(entry["accuracy"]) == {"strided", "pooled"}
        assert f"{name} test: accuracy" in done.stdout
    assert results["versions"]["jax"] and set(results["configuration"]) == {
        "s2i",
        "i2s",
    }


def test_a_report_needs_evaluated_runs(runs, run_verb, refused, tmp_path):
    assert refused(run_verb("report", f"--run={tmp_path}"), "holds no workdir s2i or")
    shutil.copytree(runs / "s2i", tmp_path / "s2i")
    shutil.rmtree(tmp_path / "s2i" / "evaluation", ignore_errors=True)
    done = run_verb("report", f"--run={tmp_path}")
    assert refused(done, "is not evaluated on its test split as it is now")


def test_a_report_needs_results_of_the_checkpoint_there_is(
    evaluated, run_verb, refused, tmp_path
):
    shutil.copytree(evaluated / "s2i", tmp_path / "s2i")
    path = tmp_path / "s2i" / "evaluation" / "test_performers.json"
    result = json.loads(path.read_text())
    result["made_from"]["checkpoint"] = "of an older checkpoint"
    path.write_text(json.dumps(result))
    done = run_verb("report", f"--run={tmp_path}")
    assert refused(done, "not evaluated on its test_performers split as it is now")


def test_several_seeds_come_in_one_table_and_are_made_once(
    evaluated, data, training_flags, run_verb, tmp_path
):
    cells = [tmp_path / f"sa_cmgan_i2s_seed{seed}" for seed in (0, 1)]
    shutil.copytree(evaluated / "i2s", cells[0])
    before = modified(cells[0] / "checkpoints")
    flags = (*training_flags["i2s"], "--directions=i2s", "--seeds=2")
    flags += (f"--data={data.path}", f"--output={tmp_path}")
    done = run_verb("reproduce", *flags)
    assert done.returncode == 0, done.stderr
    assert modified(cells[0] / "checkpoints") == before
    results = json.loads((tmp_path / "results.json").read_text())
    entry = results["systems"]["sa_cmgan"]["i2s"]["test"]
    assert entry["seeds"] == 2 and set(entry["judges"]) == {"strided", "pooled"}
    table = (tmp_path / "results.md").read_text()
    # Two splits, in the table of accuracies and in that of all else.
    assert table.count("| sa_cmgan, i2s, test") == 2 * 2
    assert "<audio" in (tmp_path / "index.html").read_text()
    assert table.partition("<!--")[0].strip() in done.stdout
    texts = [(cell / "evaluation" / "test.json").read_text() for cell in cells]
    assert len({json.loads(text)["made_from"]["checkpoint"] for text in texts}) == 2
    again = run_verb("reproduce", *flags)
    assert again.returncode == 0 and "steps/s" not in again.stderr, again.stderr


def modified(folder):
    """When each file of a folder was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_run_of_both_directions_is_reported_too(runs, data, tiny, run_verb, tmp_path):
    flags = (*tiny, "--config.gallery.size=40", f"--workdir={tmp_path}")
    verbs = (
        ("train", "--config=retrieval:both", *flags, f"--data={data.path}"),
        ("evaluate", f"--workdir={tmp_path}"),
        ("report", f"--run={tmp_path}", "--samples=1"),
    )
    for verb in verbs:
        done = run_verb(*verb)
        assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert set(results["s2i"]) == set(results["i2s"]) == {"test", "test_performers"}
    assert set(results["configuration"]) == {"both"}
    page = (tmp_path / "report" / "index.html").read_text()
    assert "Sound to image" in page and "Image to sound" in page


def test_what_a_run_of_both_logs_is_told_apart():
    line = {"phase": "gan", "validation_accuracy_s2i": 0.9, "g_loss": 1.0}
    seen = [_of_direction(line, way) for way in DIRECTIONS.values()]
    assert [one.get("validation_accuracy") for one in seen] == [0.9, None]
    assert all(one["g_loss"] == 1.0 for one in seen)
