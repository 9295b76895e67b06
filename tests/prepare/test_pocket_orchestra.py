"""The pocket orchestra: songs, sounds and pictures made from code and a seed."""

import numpy as np
import pytest

from cmgan_jax.prepare.datasets.pocket_orchestra.drawing import Painter
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Moment
from cmgan_jax.prepare.datasets.pocket_orchestra.instruments import INSTRUMENTS
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import (
    CLASS_NAMES,
    Performance,
    SongPlan,
    perform,
    plan_songs,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import CAST, performer_named
from cmgan_jax.prepare.datasets.pocket_orchestra.songs import compose
from cmgan_jax.prepare.datasets.pocket_orchestra.synthesis import hertz
from cmgan_jax.prepare.datasets.pocket_orchestra.tasks import plan_orchestra
from cmgan_jax.signals.representation import Representation

RATE = 22050


def play(song: SongPlan) -> Performance:
    return perform(song, sample_rate=RATE, window_seconds=0.5, image_size=64)


@pytest.fixture(scope="module")
def small():
    """One short training song of every class, performed."""
    songs = plan_songs(0, scale=0.05)["train"]
    first = {song.instrument: song for song in reversed(songs)}
    return {name: (song, play(song)) for name, song in first.items()}


def test_plan_has_the_promised_windows():
    plan = plan_songs(0)
    windows = {
        split: sum(round((song.seconds - 0.5) / 0.1) + 1 for song in songs)
        for split, songs in plan.items()
    }
    assert windows["train"] == pytest.approx(20_000, rel=0.02)
    assert windows["test"] == pytest.approx(4_000, rel=0.02)
    assert windows["validation"] == pytest.approx(2_000, rel=0.02)
    assert windows["test_performers"] == pytest.approx(2_000, rel=0.02)
    for songs in plan.values():
        assert {song.instrument for song in songs} == set(CLASS_NAMES)


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
    assert not people["test_performers"] & people["train"]
    players = {(song.instrument, song.performer) for song in plan["train"]}
    assert len(players) == 4 * len(CLASS_NAMES)
    assert {(song.instrument, song.performer) for song in plan["test"]} == players


def test_nobody_gives_the_instrument_away():
    for person in CAST:
        played = {
            song.instrument
            for song in plan_songs(1)["train"]
            if song.performer == person
        }
        assert len(played) == 2


def test_scale_shortens_songs_and_keeps_them_all():
    small, full = plan_songs(0, scale=0.02), plan_songs(0)
    for split, songs in small.items():
        assert [song.name for song in songs] == [song.name for song in full[split]]
        for song in songs[:2]:
            assert 2 <= len(play(song).images) <= 4
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
        assert np.abs(performance.windows).max() <= 0.9 + 1e-6


def test_windows_overlap_and_none_is_silent(small):
    hop = RATE // 10
    for _, performance in small.values():
        windows = performance.windows
        np.testing.assert_array_equal(windows[0, hop:], windows[1, :-hop])
        assert np.sqrt(np.mean(windows**2, axis=1)).min() > 0.02


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_pitch_is_audible(name):
    plan = next(s for s in plan_songs(2, scale=0.15)["train"] if s.instrument == name)
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
    # Half a semitone at most: vibrato, tuning and jitter together.
    assert abs(12 * np.log2(partial / round(partial))) < 0.5


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_pose_follows_the_moment(name):
    painter = Painter(name, performer_named("Ada"), image_size=64)
    still = {"sway": 0.0, "nod": 0.0, "bow": 0.5}
    low = painter.picture(Moment(height=0.1, semitone=60, **still))
    high = painter.picture(Moment(height=0.9, semitone=71, **still))
    changed = np.abs(low.astype(int) - high).max(axis=2) > 24
    assert changed.sum() >= 8


def test_trombone_slide_goes_out_for_low_notes():
    painter = Painter("trombone", performer_named("Ada"), image_size=64)
    still = {"semitone": 50, "sway": 0.0, "nod": 0.0, "bow": 0.0}
    low = painter.picture(Moment(height=0.0, **still)).astype(int)
    high = painter.picture(Moment(height=1.0, **still)).astype(int)
    # Golden pixels, red far above blue, below the bell at the right edge.
    golden = [(p[24:40, 52:, 0] - p[24:40, 52:, 2] > 80).sum() for p in (low, high)]
    assert golden[0] > golden[1] + 10


def test_performer_fixes_the_looks():
    moment = Moment(height=0.5, semitone=60, bow=0.5, sway=0.0, nod=0.0)
    pictures = [
        Painter("cello", performer_named(name), image_size=32).picture(moment)
        for name in CAST
    ]
    apart = [
        np.abs(a.astype(int) - b).mean()
        for index, a in enumerate(pictures)
        for b in pictures[:index]
    ]
    assert min(apart) > 6


def test_unknown_performer_and_short_song_are_named():
    with pytest.raises(ValueError, match="Nobody"):
        performer_named("Nobody")
    song = SongPlan("cello00", "cello", "Ada", seed=1, seconds=0.3)
    with pytest.raises(ValueError, match=r"cello00 lasts 0\.3 s"):
        play(song)
