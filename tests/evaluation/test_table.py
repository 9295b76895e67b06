"""One pass over a split: every source once, as it would be written, judged as such."""

import dataclasses

import numpy as np
import pytest

from cmgan_jax.evaluation import one_pass
from cmgan_jax.evaluation.judges import Judge
from cmgan_jax.evaluation.one_pass import make_table
from cmgan_jax.evaluation.table import Table
from cmgan_jax.signals.direction import S2I


class Stub:
    """Draws a picture that is brighter than its sound by 10, and notes what it got."""

    def __init__(self):
        self.sizes = []

    def generate(self, sources, *, direction, seed):
        assert direction == S2I
        self.sizes.append(len(sources))
        levels = sources.mean(axis=(1, 2, 3)).astype(int) + 10 + 3 * seed
        one = np.clip(levels, 0, 255).astype(np.uint8)[:, None, None, None]
        return np.broadcast_to(one, (len(sources), 16, 16, 3)).copy()


class Watching:
    """A judge by brightness that keeps what it was shown."""

    def __init__(self, name, edges):
        self.seen = []
        self.judge = Judge(name, "image", "judging", {}, "0", self.look)
        self._edges = edges

    def look(self, items):
        assert items.dtype == np.uint8
        self.seen.append(items)
        level = items.mean(axis=(1, 2, 3))
        guess = np.digitize(level, self._edges)
        return level[:, None].astype(np.float32), np.eye(3, dtype=np.float32)[guess]


class Hearing:
    """A judge of sounds whose first logit is the loudness."""

    @staticmethod
    def look(items):
        level = items.mean(axis=(1, 2, 3), keepdims=True)[:, 0, 0]
        return level, np.repeat(level.astype(np.float32), 3, axis=1)

    judge = Judge("a", "sound", "judging", {}, "0", look)


@pytest.fixture(scope="module")
def made(make_data, tmp_path_factory):
    splits = {
        "train": {"n": 30},
        "test": {"n": 515},  # more than one chunk, the last one incomplete
    }
    data = make_data(tmp_path_factory.mktemp("table"), splits)
    model, first, second = Stub(), Watching("a", (90, 180)), Watching("b", (60, 60))
    judges = {"image": (first.judge, second.judge), "sound": (Hearing.judge,)}
    table = make_table(model, judges, data, split="test", direction=S2I, seed=2)
    return data, model, (first, second), table


def test_every_source_is_there_exactly_once_and_in_order(made):
    data, model, _, table = made
    source = data.split("test").sound
    assert len(table) == 515 and sum(model.sizes[:-1]) == 515
    for name in ("label", "song", "performer", "pitch"):
        np.testing.assert_array_equal(getattr(table, name), getattr(source, name))
    expected = Stub().generate(source.array, direction=S2I, seed=2)
    np.testing.assert_array_equal(table.generated, expected)
    np.testing.assert_array_equal(table.real, data.split("test").image.array)


def test_judges_see_the_very_bytes_that_are_generated_and_the_real_ones(made):
    data, _, watching, table = made
    for watcher in watching:
        generated, real = watcher.seen
        np.testing.assert_array_equal(generated, table.generated)
        np.testing.assert_array_equal(real, table.real)
        name = watcher.judge.name
        np.testing.assert_array_equal(table.guess[name], watcher.judge.guess(generated))
        np.testing.assert_array_equal(table.real_guess[name], watcher.judge.guess(real))
    assert table.judges == ("a", "b")
    heard = data.split("test").sound.array.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(table.source_logits["a"][:, 0], heard, rtol=1e-6)
    assert not np.array_equal(table.guess["a"], table.guess["b"])
    level = table.generated.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(table.features[:, 0], level, rtol=1e-6)
    level = table.real.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(table.real_features[:, 0], level, rtol=1e-6)


def test_nearest_items_are_training_items_of_the_class(made):
    data, _, _, table = made
    train = data.split("train").image
    for rows, items, distance in (
        (table.nearest_row, table.generated, table.nearest_distance),
        (table.real_nearest_row, table.real, table.real_nearest_distance),
    ):
        assert rows.max() < len(train)
        np.testing.assert_array_equal(train.label[rows], table.label)
        change = items.astype(float) - train.array[rows]
        np.testing.assert_allclose(
            distance, np.sqrt(np.mean(change**2, axis=(1, 2, 3))), rtol=1e-5
        )


def test_notes_are_read_off_both_targets_where_the_source_has_one(
    make_data, with_columns, tmp_path, monkeypatch
):
    splits = {"train": {"n": 30}, "judging": {"n": 20}, "test": {"n": 60}}
    data = make_data(tmp_path, splits)
    split = data.split("test")
    pitch = np.where(np.arange(60) < 30, np.nan, 60).astype(np.float32)
    split = dataclasses.replace(split, sound=with_columns(split.sound, pitch=pitch))
    data = dataclasses.replace(data, splits={**data.splits, "test": split})
    asked = []

    def read(items, label, *, known):
        asked.append((label, known))
        return items.mean(axis=(1, 2, 3)).astype(np.float32)

    monkeypatch.setattr(one_pass, "read_pitch", read)
    judges = {
        "image": (Watching("a", (90, 180)).judge,),
        "sound": (Hearing.judge,),
    }
    table = make_table(Stub(), judges, data, split="test", direction=S2I)
    rows = table.pitch_row
    assert len(rows) == 30 and rows.min() == 30
    for read_off, items in (
        (table.read_pitch, table.generated),
        (table.real_read_pitch, table.real),
    ):
        np.testing.assert_allclose(read_off, items[rows].mean(axis=(1, 2, 3)))
    ((label, known),) = asked
    np.testing.assert_array_equal(label, np.tile(table.label[rows], 2))
    # What a system is trained with is not what its targets are read by.
    assert known is data.split("judging").image


def test_some_sources_are_generated_again_with_other_noise(made):
    _, model, _, table = made
    known = table.response[~np.isnan(table.response)]
    assert model.sizes[-1] == len(known) == 256
    np.testing.assert_array_equal(known, 3.0)


def test_a_table_survives_its_file_without_its_pictures(made, tmp_path):
    *_, table = made
    table.save(tmp_path / "items.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["items.npz"]
    again = Table.load(tmp_path / "items.npz")
    assert again.generated is None and again.real is None
    # Rows are of classes in turn, 172, 172 and 171 of them.
    np.testing.assert_array_equal(again.shown_row, [258, 259, 257])
    np.testing.assert_array_equal(again.shown, table.generated[[258, 259, 257]])
    assert (again.class_names, again.judges) == (table.class_names, table.judges)
    for name in ("label", "song", "pitch", "features", "nearest_row", "response"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))
    np.testing.assert_array_equal(again.real_guess["b"], table.real_guess["b"])


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "items.npz").write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"items\.npz is damaged"):
        Table.load(tmp_path / "items.npz")
    with pytest.raises(FileNotFoundError):
        Table.load(tmp_path / "none.npz")
