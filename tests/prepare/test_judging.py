"""Songs set aside for the judges: whole, one in five of every class, or none at all."""

import numpy as np
import pytest

from cmgan_jax.data.items import Split


def song_of(stem):
    return stem.split(".")[0]


def by_split(data, modality):
    return {
        name: getattr(split, modality).stem.tolist()
        for name, split in data.splits.items()
    }


def songs_of_train(rows, *, songs=12):
    """Songs of six moments in tasks of four: they end and begin within tasks."""
    arriving = []
    for label in (0, 1):
        moments = [(song, i) for song in range(songs) for i in range(6)]
        for start in range(0, len(moments), 4):
            some = moments[start : start + 4]
            made = rows.moments(
                label,
                [f"{label}s{song}.{i}" for song, i in some],
                songs=[100 * label + song for song, _ in some],
                numbers=[1000 * label + 10 * song + i for song, i in some],
            )
            arriving.append(("train", made))
    return arriving


def test_one_whole_song_in_five_of_every_class_is_set_aside(rows, take):
    test = [
        rows.moments(
            label, [f"{label}t{i}.x" for i in range(9)], numbers=range(k, k + 9)
        )
        for label, k in ((0, 10**6), (1, 2 * 10**6))
    ]
    arriving = songs_of_train(rows) + [("test", some) for some in test]
    data, report = take(arriving)
    assert list(data.splits) == ["train", "judging", "test"]
    stems = by_split(data, "image")
    aside = {f"{label}s{song}" for label in (0, 1) for song in (1, 6, 11)}
    assert {song_of(stem) for stem in stems["judging"]} == aside
    assert not {song_of(stem) for stem in stems["train"]} & aside
    assert (len(stems["train"]), len(stems["judging"])) == (2 * 9 * 6, 2 * 3 * 6)
    assert stems["test"] == [stem for some in test for stem in some.image.stem]
    assert report["items"] == {
        "train": {"image": {"a": 54, "b": 54}, "sound": {"a": 54, "b": 54}},
        "judging": {"image": {"a": 18, "b": 18}, "sound": {"a": 18, "b": 18}},
        "test": {"image": {"a": 9, "b": 9}, "sound": {"a": 9, "b": 9}},
    }
    assert any(note.startswith("judging: one song in five") for note in report["notes"])


def test_picture_and_sound_of_a_moment_stay_together(rows, take):
    arriving = songs_of_train(rows)
    whole = {
        stem: (image, sound)
        for _, some in arriving
        for stem, image, sound in zip(
            some.image.stem, some.image.array, some.sound.array, strict=True
        )
    }
    data, _ = take(arriving)
    for split in data.splits.values():
        assert split.image.stem.tolist() == split.sound.stem.tolist()
        for row, stem in enumerate(split.image.stem):
            np.testing.assert_array_equal(split.image.array[row], whole[stem][0])
            np.testing.assert_array_equal(split.sound.array[row], whole[stem][1])


def test_without_moments_each_modality_is_divided_by_its_own_songs(rows, take):
    def some(label, start):
        pictures = [f"{label}p{i}" for i in range(7)]
        windows = [f"{label}r{i // 4}@{i % 4}" for i in range(12)]
        return Split(
            rows.images(
                label, pictures, songs=range(7), numbers=range(start, start + 7)
            ),
            rows.sounds(
                label,
                windows,
                songs=[50 + i // 4 for i in range(12)],
                numbers=range(start, start + 12),
            ),
        )

    arriving = [("train", some(0, 0)), ("train", some(1, 100))]
    data, report = take(arriving, pairing="class")
    assert by_split(data, "image")["judging"] == ["0p1", "0p6", "1p1", "1p6"]
    assert by_split(data, "sound")["judging"] == [
        f"{label}r1@{window}" for label in (0, 1) for window in range(4)
    ]
    assert report["items"]["train"] == {
        "image": {"a": 5, "b": 5},
        "sound": {"a": 8, "b": 8},
    }


def test_where_songs_are_unknown_the_stem_counts_as_the_song(rows, take):
    arriving = [
        (
            "train",
            rows.moments(label, [f"{label}{i}" for i in range(8)], numbers=numbers),
        )
        for label, numbers in ((0, range(8)), (1, range(10, 18)))
    ]
    data, _ = take(arriving)
    assert by_split(data, "sound")["judging"] == ["01", "06", "11", "16"]


@pytest.mark.parametrize("lacks", ["image", "sound"])
def test_nothing_is_set_aside_where_a_class_has_one_song(rows, take, lacks):
    def some(label):
        stems, numbers = (
            [f"{label}{i}" for i in range(6)],
            range(10 * label, 10 * label + 6),
        )
        many = {"songs": range(6), "numbers": numbers}
        one = {"songs": 0, "numbers": numbers}
        image, sound = (one, many) if lacks == "image" else (many, one)
        return Split(
            rows.images(label, stems, **(image if label else many)),
            rows.sounds(label, stems, **(sound if label else many)),
        )

    data, report = take([("train", some(0)), ("train", some(1))], pairing="class")
    assert list(data.splits) == ["train"] and list(report["items"]) == ["train"]
    assert report["items"]["train"][lacks] == {"a": 6, "b": 6}
    for modality in ("image", "sound"):
        items = getattr(data.split("train"), modality)
        assert sorted(items.stem) == sorted(f"{k}{i}" for k in (0, 1) for i in range(6))
        for stem, label, array in zip(
            items.stem, items.label, items.array, strict=True
        ):
            assert label == int(stem[0])
            np.testing.assert_array_equal(array, rows.content(array.shape, int(stem)))
    [note] = [note for note in report["notes"] if "judg" in note]
    assert f"each of these: {lacks} of b." in note and "learn from train" in note


def test_a_planned_judging_split_is_left_as_planned(rows, take):
    arriving = songs_of_train(rows, songs=3)
    judged = rows.moments(0, ["j0", "j1"], songs=[7, 8], numbers=[10**6, 10**6 + 1])
    data, report = take([*arriving, ("judging", judged)])
    assert by_split(data, "image")["judging"] == ["j0", "j1"]
    assert len(data.split("train").image) == 2 * 3 * 6
    assert report["notes"] == [
        "the split judging has none of these: image of b; sound of b."
    ]
