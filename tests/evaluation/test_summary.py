"""Several runs in one table: means, extremes, the worst class, intervals over runs."""

import numpy as np
import pytest

from cmgan_jax.evaluation import metrics
from cmgan_jax.evaluation.comparison import compare
from cmgan_jax.evaluation.evaluate_run import VERSION
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.learning import reached
from cmgan_jax.evaluation.markdown import as_markdown
from cmgan_jax.evaluation.published import PUBLISHED
from cmgan_jax.evaluation.table import Table
from cmgan_jax.runtime.whole_file import write_json

LABEL = np.repeat([0, 1], 20)
SONG = np.arange(40) // 4


def write_run(workdir, wrong, *, direction="s2i", split="test", data="d"):
    """A run whose judge a errs in the rows `wrong`, and judge b never."""
    guess = LABEL.copy()
    guess[list(wrong)] = 1 - guess[list(wrong)]
    shades = np.random.default_rng(0).integers(0, 200, (40, 2, 2, 3))
    zero, sees = np.zeros(40, np.float32), np.eye(2, dtype=np.float32)
    table = Table(
        class_names=("flute", "tuba"), label=LABEL, song=SONG, performer=SONG,
        pitch=zero, logits={"a": sees[guess], "b": sees[LABEL]},
        real_logits={"a": sees[LABEL], "b": sees[LABEL]},
        source_logits={"a": sees[LABEL]},
        features=np.eye(40, dtype="f4"), real_features=np.eye(40, dtype="f4"),
        nearest_row=SONG, nearest_distance=zero + 1, real_nearest_row=SONG,
        real_nearest_distance=zero + 1, response=zero,
        # Read wrongly wherever anything is wrong.
        pitch_row=np.array([0, 4, 8, 12]), read_pitch=zero[:4] + 5 * (len(wrong) > 0),
        real_read_pitch=zero[:4],
        shown_row=np.array([10, 30]), shown=shades[[10, 30]].astype(np.uint8),
        generated=(shades // (1 + len(wrong))).astype(np.uint8),
        real=shades.astype(np.uint8),
    )  # fmt: skip
    made_from = {"version": VERSION, "data": data, "judges": {"a": "1", "b": "2"}}
    result = {
        "protocol": "full", "direction": direction, "split": split, "n": 40,
        "songs": 10, "chance": 0.5, "class_names": ["flute", "tuba"],
        "judges": {name: {"rows": "judging", "real": {}} for name in "ab"},
        "metrics": metrics.measure(table), "labels_in_training": ["a loss"],
        "judges_itself": False, "made_from": made_from,
    }  # fmt: skip
    write_json(workdir / "evaluation" / f"{split}.json", result)
    table.save(workdir / "evaluation" / f"{split}_items.npz")
    return workdir, guess == LABEL


def summarise(workdirs, splits) -> dict:
    """What several runs of one system say."""
    return compare({"ours": workdirs}, splits)["ours"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    wrong = {"one": (), "two": range(10), "three": range(20, 40)}
    written = [write_run(folder / name, rows) for name, rows in wrong.items()]
    return [workdir for workdir, _ in written], [right for _, right in written]


def test_mean_least_and_most_of_the_strictest_judge(runs):
    workdirs, right = runs
    entry = summarise(workdirs, ["test"])["s2i"]["test"]
    head = entry["headline"]
    assert (head["least"], head["most"]) == (0.5, 1.0)
    assert head["mean"] == pytest.approx(0.75)
    over_both = interval(
        np.concatenate(right), np.tile(SONG, 3), seed=np.repeat([0, 1, 2], 40)
    )
    assert head["interval"] == list(over_both)
    assert np.ptp(over_both) > np.ptp(interval(np.concatenate(right), np.tile(SONG, 3)))
    assert entry["judges"]["a"]["mean"] == pytest.approx(0.75)
    assert entry["judges"]["b"]["mean"] == 1.0
    assert entry["judges"]["b"]["real"] == 1.0
    assert entry["seeds"] == 3 and entry["n"] == 40


def test_a_class_that_flips_in_one_run_shows(runs):
    """Flute: 1, 1/2, 1; tuba: 1, 1, 0, by the stricter judge of each run."""
    worst = summarise(runs[0], ["test"])["s2i"]["test"]["worst_class"]
    assert worst["per_class"] == {
        "flute": pytest.approx(5 / 6),
        "tuba": pytest.approx(2 / 3),
    }
    assert (worst["name"], worst["mean"]) == ("tuba", pytest.approx(2 / 3))
    assert worst["least"] == {"name": "tuba", "accuracy": 0.0}


def test_diversity_mean_over_runs_and_least_of_any(runs):
    entry = summarise(runs[0], ["test"])["s2i"]["test"]["diversity"]
    assert entry["mean"] == pytest.approx((1 + 1 / 11 + 1 / 21) / 3, rel=0.02)
    assert entry["least"] < 1 / 20


def test_markdown_has_a_line_for_each_direction_and_split(runs, tmp_path):
    other, _ = write_run(tmp_path / "i2s", (), direction="i2s")
    text = as_markdown(compare({"ours": [*runs[0], other]}, ["test"]))
    lines = text.splitlines()
    for start, rows in ((0, 4), (5, 4), (10, 2 + len(PUBLISHED))):
        table = lines[start : start + rows]
        assert {x.count("|") for x in table} == {lines[start].count("|")}
    assert "| ours, s2i, test | 3 | **75.0** (50.0 to 100.0) |" in lines[2]
    assert "a 75.0, b 100.0" in lines[2] and "tuba 66.7; least tuba 0.0" in lines[2]
    assert "a loss" in lines[2]
    assert lines[3].startswith("| ours, i2s, test | 1 | **100.0** (100.0 to 100.0) |")


def test_runs_that_cannot_be_compared_are_refused(runs, tmp_path):
    other, _ = write_run(tmp_path / "other", (), data="e")
    with pytest.raises(ValueError, match="scored with different data"):
        summarise([runs[0][0], other], ["test"])
    with pytest.raises(FileNotFoundError, match="--split=test_performers"):
        summarise(runs[0], ["test_performers"])


def test_systems_are_compared_with_the_first_window_by_window(runs, tmp_path):
    """The second errs where the first does, and in two windows more."""
    more = [
        write_run(tmp_path / str(n), rows)[0]
        for n, rows in enumerate([(0, 4), range(12), [*range(20, 40), 0, 4]])
    ]
    results = compare({"ours": runs[0], "theirs": more}, ["test"])
    assert list(results) == ["ours", "theirs"]
    assert "against" not in results["ours"]["s2i"]["test"]
    against = results["theirs"]["s2i"]["test"]["against"]
    assert (against["system"], against["seeds"]) == ("ours", 3)
    assert against["mean"] == pytest.approx(-2 / 40)
    low, high = against["interval"]
    assert low < -2 / 40 < high
    alone = results["theirs"]["s2i"]["test"]["headline"]["interval"]
    assert high - low < 0.9 * (alone[1] - alone[0])
    fewer = compare({"ours": runs[0], "theirs": more[:2]}, ["test"])
    against = fewer["theirs"]["s2i"]["test"]["against"]
    assert (against["seeds"], against["mean"]) == (2, pytest.approx(-2 / 40))


def line(step, time, **scalars):
    return {"phase": "gan", "step": step, "time": time, **scalars}


def test_how_soon_a_run_was_good_does_not_count_stops():
    """Two seconds a step, an hour's stop, and 0.8 first reached at step 40."""
    metrics = [
        {"phase": "recognisers", "step": 300, "time": 0.0},
        line(10, 100.0),
        line(20, 120.0, validation_accuracy=0.6),
        line(30, 3720.0),
        line(40, 3740.0, validation_accuracy=0.9),
        line(50, 3760.0, validation_accuracy=0.7),
    ]
    found = reached(metrics, "s2i")
    assert found["0.5"] == {"steps": 20, "seconds": 40.0}
    assert found["0.8"] == {"steps": 40, "seconds": 80.0}
    assert found["0.95"] == {"steps": None, "seconds": None}
    both = [line(10, 0.0, validation_accuracy_i2s=0.96), line(20, 1.0)]
    assert reached(both, "s2i")["0.5"]["steps"] is None
    assert reached(both, "i2s")["0.95"] == {"steps": 10, "seconds": 1.0}


def test_published_numbers_come_with_wilsons_interval_where_n_is_known():
    ends = {one.ours: one.interval("s2i") for one in PUBLISHED}
    assert ends["sa_cmgan"] == pytest.approx((0.736, 0.913), abs=1e-3)
    assert ends["cmcgan"] is None


def test_pitch_is_averaged_over_the_runs_with_its_interval(runs):
    workdirs, _ = runs
    kept = summarise(workdirs, ["test"])["s2i"]["test"]["pitch_kept"]
    # All four notes of the first run, none of the others.
    right = np.repeat([True, False, False], 4)
    assert kept["mean"] == pytest.approx(1 / 3)
    assert kept["real"] == 1.0 and kept["n"] == 4
    songs, seed = np.tile(SONG[[0, 4, 8, 12]], 3), np.repeat([0, 1, 2], 4)
    assert kept["interval"] == list(interval(right, songs, seed=seed))
