"""Plans the songs of the data set and performs them: windows of sound and pictures."""

import dataclasses

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from cmgan_jax.prepare.datasets.pocket_orchestra.drawing import Painter
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Moment
from cmgan_jax.prepare.datasets.pocket_orchestra.instruments import INSTRUMENTS
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import (
    CAST,
    GUESTS,
    Performer,
    performer_named,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.songs import Song, compose
from cmgan_jax.prepare.datasets.pocket_orchestra.synthesis import synthesise
from cmgan_jax.prepare.datasets.pocket_orchestra.timbre import Instrument

CLASS_NAMES: tuple[str, ...] = tuple(sorted(INSTRUMENTS))
HOP_SECONDS = 0.1
WINDOW_SECONDS = 0.5
# Of the players of one instrument: their places in the shuffled cast, counted from
# twice (guests: once) the class index. Everyone gets two instruments.
_CAST_OFFSETS = (0, 1, 6, 13)
_GUEST_OFFSETS = (0, 5)


@dataclasses.dataclass(frozen=True)
class SplitSize:
    """Size of one split: songs of every class, and windows of every song."""

    songs: int
    windows: int


SPLITS = {
    "train": SplitSize(songs=8, windows=192),
    "validation": SplitSize(songs=2, windows=77),
    "test": SplitSize(songs=4, windows=77),
    "test_performers": SplitSize(songs=2, windows=77),
}


@dataclasses.dataclass(frozen=True)
class SongPlan:
    """One song to perform.

    Attributes:
      name: instrument and number, unique in the data set, as in "cello03".
      instrument: class name.
      performer: name of who plays.
      seed: of this song's notes and irregularities.
      seconds: length of the song.
    """

    name: str
    instrument: str
    performer: str
    seed: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Performance:
    """A song in windows of 0.5 s (or as asked), one every 0.1 s.

    Attributes:
      images: the moment at each window's start, RGB, [n s s 3].
      windows: sound, -1 to 1, [n samples].
      time_ms: each window's start in the song, in milliseconds, [n].
      pitch: MIDI number of the note sounding at the start (in a short rest, of the
        note to come), [n].
    """

    images: UInt8[np.ndarray, "n s s 3"]
    windows: Float32[np.ndarray, "n samples"]
    time_ms: Int32[np.ndarray, " n"]
    pitch: Float32[np.ndarray, " n"]


def _players(class_index: int, split: str, cast: list[str], guests: list[str]):
    if split == "test_performers":
        places = [class_index + offset for offset in _GUEST_OFFSETS]
        return [guests[place % len(guests)] for place in places]
    places = [2 * class_index + offset for offset in _CAST_OFFSETS]
    return [cast[place % len(cast)] for place in places]


def plan_songs(seed: int, *, scale: float = 1.0) -> dict[str, list[SongPlan]]:
    """Who plays what, in every split.

    Songs differ between all splits. Validation and test songs are played by people of
    the training split; test_performers by people who play nowhere else.

    Args:
      seed: of the casting and the songs.
      scale: factor on the length of the songs; every song keeps two windows or more.

    Returns:
      The songs of train, validation, test and test_performers.

    Raises:
      ValueError: scale is not positive.
    """
    if scale <= 0:
        raise ValueError(f"scale={scale}: expected a positive factor, for example 0.1.")
    rng = np.random.default_rng([seed, 3])
    cast = [CAST[index] for index in rng.permutation(len(CAST))]
    guests = [GUESTS[index] for index in rng.permutation(len(GUESTS))]
    plan: dict[str, list[SongPlan]] = {}
    songs_before = 0
    for split, size in SPLITS.items():
        windows = max(2, round(scale * size.windows))
        plan[split] = []
        for class_index, instrument in enumerate(CLASS_NAMES):
            players = _players(class_index, split, cast, guests)
            for song in range(size.songs):
                number = songs_before + song
                plan[split].append(
                    SongPlan(
                        name=f"{instrument}{number:02d}",
                        instrument=instrument,
                        performer=players[song % len(players)],
                        seed=(seed * len(CLASS_NAMES) + class_index) * 100 + number,
                        seconds=round(WINDOW_SECONDS + (windows - 1) * HOP_SECONDS, 3),
                    )
                )
        songs_before += size.songs
    return plan


def _moment(
    song: Song, instrument: Instrument, performer: Performer, seconds: float
) -> Moment:
    index = song.note_at(seconds)
    pitch = song.pitch[index]
    since = max(0.0, seconds - song.onset[index])
    stroke = min(1.0, since / song.duration[index])
    span = instrument.highest - instrument.lowest
    return Moment(
        height=float((pitch - instrument.lowest) / span),
        semitone=int(pitch),
        bow=float(stroke if index % 2 == 0 else 1.0 - stroke),
        sway=float(np.sin(2 * np.pi * performer.sway_hertz * seconds)),
        nod=float(np.exp(-since / 0.12)),
    )


def perform(
    song: SongPlan, *, sample_rate: int, window_seconds: float, image_size: int
) -> Performance:
    """Plays and draws one song, the same for the same arguments.

    Args:
      song: what to perform.
      sample_rate: samples per second, in Hz.
      window_seconds: length of a window.
      image_size: height and width of a picture, in pixels.

    Returns:
      The windows, one every 0.1 s as long as they fit.

    Raises:
      ValueError: the song is shorter than one window.
    """
    count = int((song.seconds - window_seconds) / HOP_SECONDS + 1e-6) + 1
    if song.seconds < window_seconds:
        raise ValueError(
            f"{song.name} lasts {song.seconds} s, shorter than a window of "
            f"{window_seconds} s: plan songs with a larger scale or shorten the window."
        )
    instrument = INSTRUMENTS[song.instrument]
    performer = performer_named(song.performer)
    notes = compose(instrument, song.seconds, seed=song.seed)
    wave = synthesise(
        notes,
        instrument,
        performer,
        seconds=song.seconds,
        sample_rate=sample_rate,
        seed=song.seed,
    )
    times = np.arange(count) * HOP_SECONDS
    length = round(window_seconds * sample_rate)
    starts = np.minimum(np.rint(times * sample_rate).astype(int), len(wave) - length)
    painter = Painter(song.instrument, performer, image_size=image_size)
    moments = [_moment(notes, instrument, performer, time) for time in times]
    return Performance(
        images=np.stack([painter.picture(moment) for moment in moments]),
        windows=np.lib.stride_tricks.sliding_window_view(wave, length)[starts],
        time_ms=np.rint(times * 1000).astype(np.int32),
        pitch=np.array([moment.semitone for moment in moments], np.float32),
    )
