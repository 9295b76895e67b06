"""The pictures of the pocket orchestra: what they show, and what they do not tell."""

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
    SongPlan,
    draw,
    plan_songs,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import CAST, performer_named
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import set_stage

RATE = 22050
CHANCE = 1 / len(CLASS_NAMES)
STILL = {"bow": 0.5, "sway": 0.0, "nod": 0.0}


def moment_of(name: str, pitch: int, **changes) -> Moment:
    instrument = INSTRUMENTS[name]
    height = (pitch - instrument.lowest) / (instrument.highest - instrument.lowest)
    return Moment(fingering(name, pitch), height, **(STILL | changes))


def songs_of(instrument: str, split: str, seed: int = 0) -> list[SongPlan]:
    return [s for s in plan_songs(seed)[split] if s.instrument == instrument]


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
