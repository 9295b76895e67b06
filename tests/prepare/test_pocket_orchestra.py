"""The pocket orchestra: songs, sounds and pictures made from code and a seed."""

import collections
import dataclasses
import itertools

import numpy as np
import pytest

from cmgan_jax.prepare.datasets.pocket_orchestra.drawing import Painter
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Moment
from cmgan_jax.prepare.datasets.pocket_orchestra.fingering import (
    Keys,
    Slide,
    Stop,
    Valves,
    fingering,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.instruments import INSTRUMENTS
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import (
    CLASS_NAMES,
    HOP_SECONDS,
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
from cmgan_jax.signals.representation import Representation

RATE = 22050
CHANCE = 1 / len(CLASS_NAMES)
STILL = {"bow": 0.5, "sway": 0.0, "nod": 0.0}


def play(song: SongPlan) -> Performance:
    return perform(song, sample_rate=RATE, window_seconds=0.5, image_size=64)


def moment_of(name: str, pitch: int, **changes) -> Moment:
    instrument = INSTRUMENTS[name]
    height = (pitch - instrument.lowest) / (instrument.highest - instrument.lowest)
    return Moment(fingering(name, pitch), height, **(STILL | changes))


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
    least = {"train": 24, "validation": 4, "test": 6, "test_performers": 4}
    for split, songs in plan.items():
        counts = collections.Counter(song.instrument for song in songs)
        assert set(counts) == set(CLASS_NAMES)
        assert min(counts.values()) >= least[split]


def test_a_task_expects_the_windows_it_makes():
    plan = plan_orchestra(0, scale=0.02)
    for tasks in plan.tasks.values():
        assert tasks[0].expected == len(tasks[0].produce(Representation()).split.image)


def test_splits_share_no_song_and_guests_play_nowhere_else():
    plan = plan_songs(3)
    songs = [song for some in plan.values() for song in some]
    assert len({song.name for song in songs}) == len(songs)
    assert len({song.seed for song in songs}) == len(songs)
    people = {split: {song.performer for song in some} for split, some in plan.items()}
    assert people["validation"] | people["test"] <= people["train"]
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


def far_apart(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Mean absolute grey levels from each image to its nearest other."""
    others = others.astype(np.int16)
    return np.array([np.abs(one - others).mean((1, 2, 3)).min() for one in images])


def test_a_new_song_is_new():
    new, beside = [], []
    for name in ("flute", "tuba"):
        known = songs_of(name, "train")
        songs = songs_of(name, "test")[:4]
        # Before these people's own training songs all others: nearest is nearest.
        train = np.concatenate(
            [draw(song, np.arange(0, 6, 0.5), image_size=64) for song in known]
        )
        for song in songs:
            test = draw(song, np.arange(6) * HOP_SECONDS, image_size=64)
            beside.append(
                np.abs(np.diff(test.astype(np.int16), axis=0)).mean((1, 2, 3))
            )
            new.append(far_apart(test, train))
    assert np.min(new) > 0
    assert np.median(new) > 3 * np.median(beside)


def features(images: np.ndarray) -> np.ndarray:
    """Halved pictures, each of its own mean and unit deviation, flat."""
    n, size = len(images), images.shape[1] // 2
    half = images.reshape(n, size, 2, size, 2, 3).mean((2, 4)).reshape(n, -1)
    return (half - half.mean(1, keepdims=True)) / half.std(1, keepdims=True)


def ridge(train: np.ndarray, targets: np.ndarray, test: np.ndarray, weight: float):
    """Kernel ridge regression, the mean of the targets added."""
    mean, middle = train.mean(0), targets.mean(0)
    train, test = train - mean, test - mean
    kernel = train @ train.T
    kernel[np.diag_indices(len(kernel))] += weight * np.trace(kernel) / len(kernel)
    return test @ (train.T @ np.linalg.solve(kernel, targets - middle)) + middle


def told_classes(*, playing: bool) -> float:
    """Share of test pictures whose class ridge regression tells."""
    sets = {}
    for split, songs, times in (("train", 26, [0.0, 1.7]), ("test", 8, [0.0])):
        pairs = [
            (draw(song, np.array(times), image_size=64, playing=playing), label)
            for label, name in enumerate(CLASS_NAMES)
            for song in songs_of(name, split)[:songs]
        ]
        images = np.concatenate([images for images, _ in pairs])
        sets[split] = features(images), np.repeat([k for _, k in pairs], len(times))
    (train, labels), (test, truth) = sets["train"], sets["test"]
    scores = ridge(train, np.eye(len(CLASS_NAMES))[labels], test, 0.1)
    return float((scores.argmax(1) == truth).mean())


def test_only_the_instrument_tells_the_class():
    assert told_classes(playing=False) < 2 * CHANCE
    assert told_classes(playing=True) > 6 * CHANCE


def test_without_the_instrument_the_picture_is_the_same_for_every_class():
    song = songs_of("cello", "train")[0]
    pictures = [
        Painter(
            name,
            performer_named(song.performer),
            staging=set_stage(song.seed),
            image_size=64,
            playing=False,
        ).picture(moment_of(name, INSTRUMENTS[name].lowest))
        for name in CLASS_NAMES
    ]
    for picture in pictures[1:]:
        np.testing.assert_array_equal(picture, pictures[0])


def test_fingerings_are_the_instruments_own():
    assert fingering("violin", 55) == Stop(0, 0)
    assert fingering("cello", 60) == Stop(3, 3)
    assert fingering("trombone", 46) == Slide(1, 0)
    assert fingering("trombone", 40) == Slide(7, 0)
    assert fingering("trombone", 47) == Slide(7, 1)
    # Written C, D and F sharp of a trumpet in B flat.
    assert fingering("trumpet", 58) == Valves((False, False, False), 0)
    assert fingering("trumpet", 60) == Valves((True, False, True), 1)
    assert fingering("trumpet", 64) == Valves((False, True, False), 1)
    assert fingering("tuba", 28) == Valves((True, True, True), 0)
    # D an octave above D: the same keys, overblown. The clarinet takes a twelfth.
    assert fingering("flute", 62) == Keys(11, 0)
    assert fingering("flute", 74) == Keys(11, 1)
    assert fingering("clarinet", 50) == Keys(18, 0)
    assert fingering("clarinet", 69) == Keys(18, 1)
    with pytest.raises(ValueError, match="oboe has no fingering for pitch 20"):
        fingering("oboe", 20)


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_every_pitch_looks_different(name):
    instrument = INSTRUMENTS[name]
    song = songs_of(name, "train")[0]
    painter = Painter(
        name,
        performer_named(song.performer),
        staging=set_stage(song.seed),
        image_size=64,
    )
    pitches = range(instrument.lowest, instrument.highest + 1)
    pictures = [painter.picture(moment_of(name, pitch)) for pitch in pitches]
    for one, other in itertools.combinations(pictures, 2):
        # Pixels that change clearly: more than a key or a finger by its edge.
        changed = np.abs(one.astype(int) - other).max(axis=2) > 24
        assert changed.sum() >= 3


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_the_pitch_can_be_read_off_the_picture(name):
    """By ridge regression, in one room; benchmarks/orchestra_difficulty.py has all."""
    song = songs_of(name, "train")[0]
    painter = Painter(
        name,
        performer_named(song.performer),
        staging=set_stage(song.seed),
        image_size=64,
    )
    rng = np.random.default_rng(0)
    instrument = INSTRUMENTS[name]
    pitches = np.arange(instrument.lowest, instrument.highest + 1)
    sets = []
    for _ in range(4):
        moments = [
            # The height only raises brows: the fingering must tell the pitch.
            Moment(fingering(name, int(pitch)), 0.5, *rng.uniform((0, -1, 0), 1))
            for pitch in pitches
        ]
        sets.append(features(np.stack([painter.picture(one) for one in moments])))
    *train, test = sets
    targets = np.tile(pitches, 3).astype(float)
    read = ridge(np.concatenate(train), targets, test, 0.003)
    assert np.median(np.abs(read - pitches)) <= 1.0
    assert np.abs(read - pitches).mean() < 0.2 * np.abs(pitches - pitches.mean()).mean()


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


def test_trombone_slide_goes_out_for_low_notes():
    stage = set_stage(songs_of("trombone", "train")[0].seed)
    painter = Painter("trombone", performer_named("Ada"), staging=stage, image_size=64)

    def golden_columns(position: int) -> int:
        picture = painter.picture(Moment(Slide(position, 2), 0.5, **STILL)).astype(int)
        golden = (picture[..., 0] - picture[..., 2] > 80) & (picture[..., 0] > 120)
        return int(np.flatnonzero(golden.any(axis=0)).max())

    ends = [golden_columns(position) for position in range(1, 8)]
    # Two pixels a position or a little less: the slide points up or down somewhat.
    assert ends == sorted(ends) and ends[-1] - ends[0] >= 10


def test_performer_keeps_face_and_build():
    stage = set_stage(1)
    moment = moment_of("cello", 45)
    pictures = [
        Painter("cello", performer_named(name), staging=stage, image_size=64).picture(
            moment
        )
        for name in CAST
    ]
    apart = [
        np.abs(one.astype(int) - other)[:32].mean()
        for one, other in itertools.combinations(pictures, 2)
    ]
    assert min(apart) > 0.3


def test_unknown_performer_and_short_song_are_named():
    with pytest.raises(ValueError, match="Nobody"):
        performer_named("Nobody")
    song = SongPlan("cello00", "cello", "Ada", seed=1, seconds=0.3)
    with pytest.raises(ValueError, match=r"cello00 lasts 0\.3 s"):
        play(song)
