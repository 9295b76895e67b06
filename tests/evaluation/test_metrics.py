"""Every metric on a table small enough to be counted by hand."""

import dataclasses

import numpy as np
import pytest

from cmgan_jax.evaluation import likeness, metrics
from cmgan_jax.evaluation.distance import kernel_distance
from cmgan_jax.evaluation.intervals import interval
from cmgan_jax.evaluation.table import Table

# Two classes, six sources, three songs. The lax judge errs once, the strict one twice.
LABEL = np.array([0, 0, 0, 0, 1, 1])
LAX = np.array([0, 0, 0, 1, 1, 1])
STRICT = np.array([0, 0, 0, 0, 0, 0])
# Columns of some rows alone.
LOOKED_AT = ("pitch_row", "read_pitch", "real_read_pitch", "shown_row", "shown")


def pictures(*levels):
    return np.array(levels, np.uint8)[:, None, None, None] * np.ones(
        (2, 2, 3), np.uint8
    )


def grown(table, **columns):
    """The same table with as many rows as the new columns have, and these."""
    (n,) = {len(column) for column in columns.values()}

    def grow(value):
        if isinstance(value, dict):
            return {name: grow(column) for name, column in value.items()}
        return np.resize(value, (n, *value.shape[1:]))

    rows = {
        field.name: grow(getattr(table, field.name))
        for field in dataclasses.fields(table)
        if field.name not in ("class_names", *LOOKED_AT)
    }
    return dataclasses.replace(table, **rows | columns)


def seen(guess, by=1.0):
    """Logits of a judge that is so sure of its guess."""
    return by * np.eye(2, dtype=np.float32)[np.asarray(guess)]


@pytest.fixture(scope="module")
def table():
    return Table(
        class_names=("flute", "tuba"),
        label=LABEL,
        song=np.array([7, 7, 8, 8, 9, 9]),
        performer=np.zeros(6, int),
        pitch=np.array([60, 64, np.nan, 67, 40, 43], np.float32),
        logits={"lax": seen(LAX), "strict": seen(STRICT)},
        real_logits={"lax": seen(LABEL), "strict": seen([0, 0, 1, 1, 1, 1])},
        source_logits={"lax": seen([0, 0, 0, 1, 1, 0], by=0.5)},
        features=np.array([[0], [2], [0], [2], [5], [5]], np.float32),
        real_features=np.array([[0], [8], [0], [8], [1], [3]], np.float32),
        nearest_row=np.zeros(6, int),
        nearest_distance=np.array([1, 2, 3, 4, 5, np.nan], np.float32),
        real_nearest_row=np.zeros(6, int),
        real_nearest_distance=np.array([6, 6, 6, 6, 6, 6], np.float32),
        response=np.array([np.nan, 1, 2, 9, np.nan, np.nan], np.float32),
        pitch_row=np.array([0, 1, 3, 4, 5]),
        read_pitch=np.array([61, 66, np.nan, 39, 43], np.float32),
        real_read_pitch=np.array([60, 64, 67, 47, 43], np.float32),
        shown_row=np.array([2, 5]),
        shown=pictures(100, 52),
        # Flute: deviation 10 against 40. Tuba: 1 against 2.
        generated=pictures(100, 120, 100, 120, 50, 52),
        real=pictures(60, 140, 60, 140, 200, 204),
    )


@pytest.fixture(scope="module")
def measured(table):
    return metrics.measure(table)


def test_accuracy_of_each_judge_with_its_interval_over_songs(measured, table):
    assert measured["accuracy"]["lax"]["accuracy"] == pytest.approx(5 / 6)
    assert measured["accuracy"]["strict"]["accuracy"] == pytest.approx(4 / 6)
    over_songs = list(interval(LAX == LABEL, table.song))
    assert measured["accuracy"]["lax"]["interval"] == over_songs
    assert over_songs != list(interval(LAX == LABEL, np.arange(6)))


def test_the_strictest_judge_is_the_headline(measured):
    assert measured["headline"]["judge"] == "strict"
    assert measured["headline"]["accuracy"] == pytest.approx(4 / 6)
    assert (
        measured["headline"]["interval"] == measured["accuracy"]["strict"]["interval"]
    )


def test_classes_are_those_of_the_sources(measured):
    assert measured["per_class"]["lax"] == {
        "flute": {"accuracy": 0.75, "n": 4},
        "tuba": {"accuracy": 1.0, "n": 2},
    }
    assert measured["per_class"]["strict"]["tuba"] == {"accuracy": 0.0, "n": 2}
    assert measured["worst_class"] == {
        "name": "tuba", "judge": "strict", "accuracy": 0.0, "n": 2,
    }  # fmt: skip
    assert measured["confusion"] == {
        "lax": [[3, 1], [0, 2]],
        "strict": [[4, 0], [2, 0]],
    }


def test_real_targets_are_judged_beside_the_generated_ones(measured):
    assert measured["real_accuracy"] == {"lax": 1.0, "strict": pytest.approx(4 / 6)}


def test_a_missing_modality_is_made_up_for_by_a_generated_one(measured):
    """The source's judge errs in rows 3 and 5, less sure than the target's."""
    assert measured["missing_modality"] == {
        "lax": {
            "source": pytest.approx(4 / 6),
            "real": 1.0,
            "source_and_real": 1.0,
            "source_and_generated": pytest.approx(5 / 6),
        }
    }


def test_frechet_distance_and_its_floor_are_of_the_same_items(table):
    rng = np.random.default_rng(0)
    song = np.repeat(np.arange(10), 30)
    real = rng.normal(size=(300, 4)).astype(np.float32)
    large = grown(table, features=real + 2.0, real_features=real, song=song)
    found = likeness.frechet(large)
    assert found["n"] == 150 and found["floor"] < 0.3
    # Four features, each two deviations away.
    assert found["generated"] == pytest.approx(16.0, abs=2.0)
    assert likeness.frechet(table)["floor"] is not None
    few = dataclasses.replace(large, song=np.zeros(300, int))
    assert likeness.frechet(few)["generated"] is None


def test_precision_and_recall_tell_what_is_missing(table):
    """Generated targets lie in one of two real heaps, three quarters in neither."""
    rng = np.random.default_rng(0)
    heaps = np.repeat([[0.0], [10.0]], 100, axis=0)
    real = (heaps + rng.normal(size=(200, 2))).astype(np.float32)
    made = rng.normal(size=(200, 2)).astype(np.float32)
    made[np.arange(200) % 4 > 0] += 500.0
    song = np.arange(200) % 20
    some = grown(table, features=made, real_features=real, song=song)
    found = likeness.precision_recall(some)
    assert found["precision"] == pytest.approx(0.25, abs=0.03)
    assert 0.35 < found["recall"] <= 0.5
    assert found["floor"] > 0.9 and found["n"] == 200
    alone = dataclasses.replace(some, song=np.zeros(200, int))
    assert likeness.precision_recall(alone)["precision"] is None


def test_the_distance_to_real_has_a_floor_of_songs_apart(measured, table):
    """Songs 7 and 9 against song 8; the generated features against all real ones."""
    found = measured["distance_to_real"]
    scaled = [
        (x - table.real_features.mean()) / table.real_features.std()
        for x in (table.features, table.real_features)
    ]
    assert found["generated"] == pytest.approx(kernel_distance(*scaled))
    first = np.isin(table.song, (7, 9))
    halves = scaled[1][first], scaled[1][~first]
    assert found["floor"] == pytest.approx(kernel_distance(*halves))


def test_diversity_is_generated_over_real_within_each_class(measured):
    """Pooled over classes it would be 29 over 56; real over generated 4 and 2."""
    found = measured["diversity"]
    assert found["per_class"] == {"flute": 0.25, "tuba": 0.5}
    assert found["mean"] == 0.375
    assert found["least"] == {"name": "flute", "ratio": 0.25}
    features = measured["feature_diversity"]
    assert features["per_class"] == {"flute": 0.25, "tuba": 0.0}


def test_diversity_needs_two_items_and_real_ones_that_differ(table):
    alone = dataclasses.replace(table, label=np.arange(6), class_names=tuple("abcdef"))
    assert likeness.diversity(alone)["mean"] is None
    same = dataclasses.replace(table, real=pictures(1, 1, 1, 1, 3, 9))
    assert list(likeness.diversity(same)["per_class"]) == ["tuba"]
    with pytest.raises(ValueError, match="stored table"):
        likeness.diversity(dataclasses.replace(table, generated=None, real=None))


def test_medians_ignore_what_is_unknown(measured, table):
    assert measured["nearest_training_item"] == {
        "generated": 3.0, "real": 6.0, "ratio": 0.5,
    }  # fmt: skip
    assert measured["response_to_noise"] == {"median": 2.0, "n": 3}
    nothing = np.full(6, np.nan, np.float32)
    unknown = dataclasses.replace(
        table, nearest_distance=nothing, real_nearest_distance=nothing
    )
    assert set(likeness.nearest_training_item(unknown).values()) == {None}


def test_unknown_metrics_are_refused_and_known_ones_listed(table):
    assert set(metrics.measure(table, ("headline",))) == {"headline"}
    with pytest.raises(ValueError, match="fid are unknown; known: headline, accuracy"):
        metrics.measure(table, ("fid",))


def test_a_pitch_is_kept_where_a_neighbouring_note_is_read(measured, table):
    kept = measured["pitch_kept"]
    # 61 for 60, 39 for 40 and 43; 66 for 64 is two away, and one was not read.
    assert kept["within_semitone"] == pytest.approx(3 / 5)
    assert kept["real"] == pytest.approx(4 / 5)
    assert kept["n"] == 5
    right = np.array([True, False, False, True, True])
    assert kept["interval"] == list(interval(right, table.song[[0, 1, 3, 4, 5]]))


def test_chance_asks_for_the_pitch_of_another_source_of_the_class(table):
    # Two notes that take turns in each class: flutes lie a semitone apart, tubas three.
    other = dataclasses.replace(
        table,
        pitch=np.array([60, 61, np.nan, 60, 40, 43], np.float32),
        read_pitch=np.array([60, 61, 60, 40, 43], np.float32),
    )
    kept = metrics.pitch_kept(other)
    assert kept["within_semitone"] == 1.0
    assert kept["chance"] == pytest.approx(3 / 5)


def test_a_pitch_that_nobody_knows_is_not_kept_and_not_lost(table):
    none = np.zeros(0, np.float32)
    unknown = dataclasses.replace(
        table, pitch_row=np.zeros(0, int), read_pitch=none, real_read_pitch=none
    )
    assert metrics.pitch_kept(unknown)["within_semitone"] is None
    assert metrics.pitch_kept(unknown)["n"] == 0


def test_another_source_is_half_the_class_away():
    """A neighbour is a window of the same song, which plays much the same."""
    values, label = np.arange(8, dtype=np.float32), np.repeat([0, 1], 4)
    another = metrics.of_another(values, label)
    assert another.tolist() == [2, 3, 0, 1, 6, 7, 4, 5]
    assert metrics.of_another(values[:1], label[:1]).tolist() == [0]
