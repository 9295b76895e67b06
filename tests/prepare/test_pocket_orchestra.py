"""The pocket orchestra: its songs, people and recordings, made from code and a seed."""

import collections
import dataclasses

import numpy as np
import pytest

from cmgan_jax.prepare.datasets.pocket_orchestra.instruments import INSTRUMENTS
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import (
    CLASS_NAMES,
    Performance,
    SongPlan,
    draw,
    perform,
    plan_songs,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import CAST, performer_named
from cmgan_jax.prepare.datasets.pocket_orchestra.recording import (
    MOST_DETUNE,
    Recording,
    record,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.songs import Song, compose
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import set_stage
from cmgan_jax.prepare.datasets.pocket_orchestra.synthesis import hertz, synthesise
from cmgan_jax.prepare.datasets.pocket_orchestra.tasks import plan_orchestra
from cmgan_jax.signals.representation import LOG_MEL_WINDOWS, Representation

RATE = 22050
CHANCE = 1 / len(CLASS_NAMES)
STILL = {"bow": 0.5, "sway": 0.0, "nod": 0.0}


def play(song: SongPlan) -> Performance:
    return perform(song, sample_rate=RATE, window_seconds=0.5, image_size=64)


def songs_of(instrument: str, split: str, seed: int = 0) -> list[SongPlan]:
    return [s for s in plan_songs(seed)[split] if s.instrument == instrument]


@pytest.fixture(scope="module")
def small():
    """One short training song of every class, performed."""
    songs = plan_songs(0, scale=0.34)["train"]
    first = {song.instrument: song for song in reversed(songs)}
    return {name: (song, play(song)) for name, song in first.items()}


def test_plan_has_the_promised_windows_and_songs():
    plan = plan_songs(0)
    windows = {
        split: sum(round((song.seconds - 0.5) / 0.1) + 1 for song in songs)
        for split, songs in plan.items()
    }
    assert windows["train"] == pytest.approx(20_000, rel=0.02)
    assert windows["test"] == pytest.approx(4_000, rel=0.02)
    assert windows["validation"] == pytest.approx(2_000, rel=0.02)
    assert windows["test_performers"] == pytest.approx(2_000, rel=0.02)
    assert windows["judging"] == pytest.approx(5_000, rel=0.02)
    least = {"train": 24, "validation": 4, "test": 6, "test_performers": 4}
    least |= {"judging": 24}
    for split, songs in plan.items():
        counts = collections.Counter(song.instrument for song in songs)
        assert set(counts) == set(CLASS_NAMES)
        assert min(counts.values()) >= least[split]


def test_a_task_expects_the_windows_it_makes():
    plan = plan_orchestra(0, scale=0.02)
    for tasks in plan.tasks.values():
        assert tasks[0].expected == len(tasks[0].produce(Representation()).split.image)


def test_larger_pictures_and_longer_windows_are_the_same_orchestra():
    """The mistakes: longer windows cost pairs; larger pictures show something else."""
    short = plan_orchestra(0, scale=0.02).tasks["test"][:2]
    long = plan_orchestra(0, scale=0.02, window_seconds=1.0).tasks["test"][:2]
    assert [task.expected for task in long] == [task.expected for task in short]
    large = Representation(image_size=128, window_seconds=1.0, **LOG_MEL_WINDOWS[1.0])
    made = long[0].produce(large).split
    assert made.image.array.shape == (2, 128, 128, 3)
    assert made.sound.array.shape == (2, 128, 128, 1)
    song, times = long[0].song, np.array([0.0, 0.1])
    small, drawn = (draw(song, times, image_size=size) for size in (64, 128))
    np.testing.assert_array_equal(made.image.array, drawn)
    halved = drawn.reshape(2, 64, 2, 64, 2, 3).mean(axis=(2, 4))
    # Lines are a whole number of pixels wide, and hardly differ otherwise.
    assert np.abs(halved - small).mean() < 4


def test_splits_share_no_song_and_guests_play_nowhere_else():
    plan = plan_songs(3)
    songs = [song for some in plan.values() for song in some]
    assert len({song.name for song in songs}) == len(songs)
    assert len({song.seed for song in songs}) == len(songs)
    people = {split: {song.performer for song in some} for split, some in plan.items()}
    known = people["validation"] | people["test"] | people["judging"]
    assert known <= people["train"]
    guests = people.pop("test_performers")
    assert not guests & set().union(*people.values())


@pytest.mark.parametrize(
    ("split", "players", "instruments"),
    [
        ("train", len(CAST), len(CLASS_NAMES)),
        ("validation", 4, 2),
        ("test", 8, 4),
        ("test_performers", 4, 4),
    ],
)
def test_a_face_says_nothing_about_the_instrument(split, players, instruments):
    songs = plan_songs(1)[split]
    pairs = collections.Counter((song.instrument, song.performer) for song in songs)
    assert len(set(pairs.values())) == 1
    by_class = collections.Counter(instrument for instrument, _ in pairs)
    by_person = collections.Counter(person for _, person in pairs)
    assert set(by_class.values()) == {players}
    assert set(by_person.values()) == {instruments}


def test_scale_shortens_songs_and_keeps_them_all():
    small, full = plan_songs(0, scale=0.02), plan_songs(0)
    for split, songs in small.items():
        assert [song.name for song in songs] == [song.name for song in full[split]]
        for song in songs[:2]:
            assert len(play(song).images) == 2
    with pytest.raises(ValueError, match="scale=0"):
        plan_songs(0, scale=0.0)


def test_seed_decides_the_songs(small):
    song, performance = small["trombone"]
    again = play(song)
    np.testing.assert_array_equal(again.images, performance.images)
    np.testing.assert_array_equal(again.windows, performance.windows)
    assert plan_songs(5) == plan_songs(5)
    assert plan_songs(5) != plan_songs(6)


def test_shapes_and_ranges(small):
    for song, performance in small.values():
        count = len(performance.time_ms)
        instrument = INSTRUMENTS[song.instrument]
        assert count == 10
        assert performance.images.shape == (count, 64, 64, 3)
        assert performance.images.dtype == np.uint8
        assert performance.windows.shape == (count, RATE // 2)
        assert performance.windows.dtype == np.float32
        assert performance.time_ms.tolist() == list(range(0, 1000, 100))
        assert performance.pitch.min() >= instrument.lowest
        assert performance.pitch.max() <= instrument.highest
        level = record(song.seed).level
        assert np.abs(performance.windows).max() == pytest.approx(level, abs=1e-6)


def test_windows_overlap_and_none_is_silent(small):
    hop = RATE // 10
    for _, performance in small.values():
        windows = performance.windows
        np.testing.assert_array_equal(windows[0, hop:], windows[1, :-hop])
        assert np.sqrt(np.mean(windows**2, axis=1)).min() > 0.02


def test_every_song_is_staged_and_recorded_anew():
    songs = songs_of("cello", "train")
    stages = [set_stage(song.seed) for song in songs]
    for field in ("clothes", "wall", "floor", "light", "camera", "head", "tilt"):
        assert len({getattr(stage, field) for stage in stages}) == len(songs), field
    for field in ("outfit", "backdrop", "furniture", "seated"):
        assert len({getattr(stage, field) for stage in stages}) > 1, field
    recordings = [record(song.seed) for song in songs]
    for field in ("detune", "tone", "level", "room", "room_seconds"):
        assert len({getattr(one, field) for one in recordings}) == len(songs), field
    assert max(abs(one.detune) for one in recordings) <= MOST_DETUNE


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_pitch_is_audible(name):
    plan = songs_of(name, "train", seed=2)[0]
    performance = play(plan)
    song = compose(INSTRUMENTS[name], plan.seconds, seed=plan.seed)
    longest = int(np.argmax(song.duration))
    start = song.onset[longest]
    window = int(np.clip(np.ceil(start * 10), 0, len(performance.pitch) - 1))
    assert performance.pitch[window] == song.pitch[longest]

    held = song.onset[longest] + song.duration[longest] - window / 10
    sound = performance.windows[window, : int(min(held, 0.5) * RATE)]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16))
    loudest = np.argmax(spectrum) * RATE / (1 << 16)
    partial = loudest / hertz(song.pitch[longest])
    cents = 1200 * np.log2(partial / round(partial))
    # What is left beside the song's tuning is vibrato, glide and jitter.
    assert abs(cents - record(plan.seed).detune) < 30


def test_the_recording_is_heard():
    instrument = INSTRUMENTS["clarinet"]
    song = Song(*(np.array([number]) for number in (0.0, 0.8, 69.0, 1.0)))
    plain = Recording(
        **{"detune": 0.0, "tone": 0.0, "level": 0.5, "room": 0.1, "room_seconds": 0.5},
        **{"hiss": 60.0, "hiss_tilt": 0.0},
    )

    def sound(**changes):
        recording = dataclasses.replace(plain, **changes)
        options = {"seconds": 0.8, "sample_rate": RATE, "seed": 1}
        person = performer_named("Ada")
        return synthesise(song, instrument, person, recording, **options)

    def loudest_hertz(wave):
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 18))
        return np.argmax(spectrum) * RATE / (1 << 18)

    sharp, flat = (loudest_hertz(sound(detune=cents)) for cents in (15.0, -15.0))
    assert 1200 * np.log2(sharp / flat) == pytest.approx(30, abs=4)
    assert np.abs(sound(level=0.9)).max() == pytest.approx(0.9, abs=1e-6)
    for field, other in (("tone", 1.0), ("room", 0.2), ("room_seconds", 1.0)):
        apart = np.abs(sound(**{field: other}) - sound()).max()
        assert apart > 0.01, field


def test_unknown_performer_and_short_song_are_named():
    with pytest.raises(ValueError, match="Nobody"):
        performer_named("Nobody")
    song = SongPlan("cello00", "cello", "Ada", seed=1, seconds=0.3)
    with pytest.raises(ValueError, match=r"cello00 lasts 0\.3 s"):
        play(song)
