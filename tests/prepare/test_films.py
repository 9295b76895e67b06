"""Films in place of pictures: a row for every window, with the picture at its start."""

import numpy as np
import pytest
import soundfile

from cmgan_jax.prepare import moments
from cmgan_jax.prepare.datasets.paired_folders.planning import plan_paired_folders
from cmgan_jax.prepare.hearing import Hearing
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)
RATE = 44100


def numbered(number):
    """A picture whose upper half says a number below 12; its lower half is black."""
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:16] = 20 + 20 * number
    return picture


def numbers_in(items):
    return (
        np.rint((items.array[:][:, 2:6].mean((1, 2, 3)) - 20) / 20).astype(int).tolist()
    )


def noise(seconds, *, loud=0.1):
    return np.random.default_rng(0).normal(0, loud, round(RATE * seconds))


def produced(root, split="train", **asked):
    plan = plan_paired_folders(root, pictures_of_sound=False, **asked)
    [done] = [task.produce(REPRESENTATION) for task in plan.tasks[split]]
    return plan, done


@pytest.fixture
def take(tmp_path, write_film):
    """A film of ten pictures, one every 150 ms, beside the samples given."""

    def made(samples, *, pictures=numbered):
        write_film(
            tmp_path / "img/cat/take.mp4", {150 * i: pictures(i) for i in range(10)}
        )
        (tmp_path / "audio/cat").mkdir(parents=True)
        soundfile.write(tmp_path / "audio/cat/take.wav", samples, RATE)
        return tmp_path

    return made


def test_every_window_has_the_picture_at_its_start(take):
    gap = np.zeros(round(0.7 * RATE))
    plan, done = produced(take(np.concatenate([noise(0.35), gap, noise(0.95)])))
    assert plan.pairing == "stem" and done.defects == ()
    # The windows from 400 and 500 ms are silent; the last begin at 1,400 and 1,500,
    # when the last picture, written to be shown at 1,350 for a millisecond, has gone.
    starts = [0, 100, 200, 300, *range(600, 1400, 100)]
    assert done.split.sound.time_ms.tolist() == starts
    assert numbers_in(done.split.image) == [start // 150 for start in starts]
    assert done.split.image.stem.tolist() == [f"cat/take@{start}" for start in starts]
    assert done.split.sound.stem.tolist() == done.split.image.stem.tolist()
    [heard] = done.heard
    assert heard.path == "audio/cat/take.wav"
    assert heard.seconds == pytest.approx(2.0, abs=1e-3)
    assert heard.used == pytest.approx(1.8)


def test_sounds_stay_with_their_pictures(take, tmp_path):
    gap = np.zeros(round(0.7 * RATE))
    _, done = produced(take(np.concatenate([noise(0.35), gap, noise(0.95)])))
    alone = moments.sound(str(tmp_path / "audio/cat/take.wav"), REPRESENTATION)
    rows = [alone.starts.index(start) for start in done.split.sound.time_ms.tolist()]
    assert len(rows) == 12
    np.testing.assert_array_equal(done.split.sound.array, alone.sounds[rows])


@pytest.mark.parametrize("late", [0, 300])
def test_a_film_with_its_own_sound(tmp_path, write_film, late):
    """The mistake: sound that begins later is shown with pictures that were before."""
    write_film(
        tmp_path / "film/cat/take.mkv",
        {100 * i: numbered(i) for i in range(10)},
        container="matroska",
        sound=noise(0.8),
        sound_ms=late,
    )
    plan, done = produced(tmp_path)
    assert plan.pairing == "stem" and plan.defects == done.defects == ()
    assert plan.notes[0] == "read: film."
    assert done.split.image.time_ms.tolist() == [0, 100, 200, 300]
    first = late // 100
    assert numbers_in(done.split.image) == [first + i for i in range(4)]


def test_films_beside_sounds_take_the_place_of_pictures_only(take):
    root = take(noise(1.0))
    (root / "img").rename(root / "videos")
    plan, done = produced(root)
    assert plan.notes[0] == "read: audio, videos." and len(done.split.image) == 6
    assert [heard.path for heard in done.heard] == ["audio/cat/take.wav"]


def test_a_long_film_gives_rows_further_apart(take, monkeypatch):
    monkeypatch.setattr(moments, "MOST_ROWS", 5)
    _, done = produced(take(noise(2.0)))
    assert done.split.image.time_ms.tolist() == [0, 400, 800, 1200]
    assert numbers_in(done.split.image) == [0, 2, 5, 8]
    hearing = Hearing()
    hearing.add(done.heard)
    [noted] = hearing.summary()["noted"]
    assert "a row every 0.4 s" in noted["note"]
    assert hearing.summary()["seconds_used"] == pytest.approx(1.7)


def test_films_that_share_their_class_only(take):
    root = take(noise(1.0))
    plan = plan_paired_folders(root, pictures_of_sound=False, pairing="class")
    first, _ = plan.tasks["train"]
    image = first.produce(REPRESENTATION).split.image
    assert image.time_ms.tolist() == list(range(0, 1400, 100))
    assert numbers_in(image) == [start // 150 for start in range(0, 1400, 100)]


def test_a_task_holds_one_film(take):
    root = take(noise(1.0))
    for folder, name in (("img", "take.mp4"), ("audio", "take.wav")):
        place = root / folder / "cat"
        (place / f"b_{name}").write_bytes((place / name).read_bytes() + bytes(9))
    plan = plan_paired_folders(root, pictures_of_sound=False)
    assert [len(task.images) for task in plan.tasks["train"]] == [1, 1]


def test_damage_to_either_file_is_named(take):
    root = take(noise(1.0))
    for path in ("img/cat/take.mp4", "audio/cat/take.wav"):
        content = (root / path).read_bytes()
        (root / path).write_bytes(content[: len(content) // 2])
    _, done = produced(root)
    assert {(defect.path, defect.kind) for defect in done.defects} == {
        *(("img/cat/take.mp4", "truncated"), ("audio/cat/take.wav", "truncated"))
    }
    assert len(done.split.image) == len(done.split.sound) == 0


def test_pictures_of_one_colour_become_no_rows(take):
    def shown(number):
        return numbered(number if number == 4 else 0) * (number == 4)

    _, done = produced(take(noise(2.0), pictures=shown))
    assert done.split.image.time_ms.tolist() == [600, 700]


@pytest.mark.parametrize("why", ["of one colour", "gone before the sound"])
def test_a_film_that_shows_nothing_is_a_defect(take, why):
    if why == "of one colour":
        root = take(noise(2.0), pictures=lambda _: numbered(0) * 0)
    else:
        root = take(np.concatenate([np.zeros(2 * RATE), noise(1.0)]))
    _, done = produced(root)
    [defect] = done.defects
    assert (defect.path, defect.kind) == ("img/cat/take.mp4", "blank")
