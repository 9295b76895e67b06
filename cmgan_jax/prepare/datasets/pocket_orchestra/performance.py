"""Plans the songs of the data set and performs them: windows of sound and pictures.

Everybody of the cast plays every instrument, once in the training split, so that a
face tells nothing about the instrument.
"""

import dataclasses

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from cmgan_jax.prepare.datasets.pocket_orchestra.drawing import Painter
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Moment
from cmgan_jax.prepare.datasets.pocket_orchestra.fingering import fingering
from cmgan_jax.prepare.datasets.pocket_orchestra.instruments import INSTRUMENTS
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import (
    CAST,
    GUESTS,
    Performer,
    performer_named,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.recording import record
from cmgan_jax.prepare.datasets.pocket_orchestra.songs import Song, compose
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import set_stage
from cmgan_jax.prepare.datasets.pocket_orchestra.synthesis import synthesise
from cmgan_jax.prepare.datasets.pocket_orchestra.timbre import Instrument

CLASS_NAMES: tuple[str, ...] = tuple(sorted(INSTRUMENTS))
HOP_SECONDS = 0.1


@dataclasses.dataclass(frozen=True)
class SplitSize:
    """Size of one split.

    Attributes:
      players: who plays the songs of one class, a song each: places in the shuffled
        cast (or guests), counted from a place that moves with the class.
      windows: windows of every song.
    """

    players: tuple[int, ...]
    windows: int


# As many even places as odd ones: then all play equally many instruments.
SPLITS = {
    "train": SplitSize(players=2 * tuple(range(len(CAST))), windows=30),
    "validation": SplitSize(players=(0, 1, 10, 15), windows=39),
    "test": SplitSize(players=(4, 7, 8, 13, 18, 19, 22, 25), windows=39),
    "test_performers": SplitSize(players=(0, 2, 3, 7), windows=39),
    "judging": SplitSize(players=tuple(range(len(CAST))), windows=15),
}


@dataclasses.dataclass(frozen=True)
class SongPlan:
    """One song to perform.

    Attributes:
      name: instrument and number, unique in the data set, as in "cello03".
      instrument: class name.
      performer: name of who plays.
      seed: of this song's notes and irregularities.
      seconds: length of the song: of its windows, which begin 0.1 s apart.
    """

    name: str
    instrument: str
    performer: str
    seed: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Performance:
    """A song in windows, one every 0.1 s.

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


def plan_songs(
    seed: int, *, scale: float = 1.0, window_seconds: float = 0.5
) -> dict[str, list[SongPlan]]:
    """Who plays what, in every split.

    Songs, and with them clothes, rooms and recordings, differ between all splits.
    Validation and test songs, and those on which judges are trained, are played by
    people of the training split; test_performers by people who play nowhere else.

    Args:
      seed: of the casting and the songs.
      scale: factor on the windows of the songs; every song keeps two or more.
      window_seconds: length of a window; songs of longer ones last longer.

    Returns:
      The songs of every split.

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
        guest = split == "test_performers"
        people, step = (guests, 1) if guest else (cast, 2)
        plan[split] = []
        for class_index, instrument in enumerate(CLASS_NAMES):
            for song, place in enumerate(size.players):
                number = songs_before + song
                player = people[(step * class_index + place) % len(people)]
                plan[split].append(
                    SongPlan(
                        name=f"{instrument}{number:02d}",
                        instrument=instrument,
                        performer=player,
                        seed=(seed * len(CLASS_NAMES) + class_index) * 100 + number,
                        seconds=round(window_seconds + (windows - 1) * HOP_SECONDS, 3),
                    )
                )
        songs_before += len(size.players)
    return plan


def _moment(
    song: Song, instrument: Instrument, performer: Performer, seconds: float
) -> Moment:
    index = song.note_at(seconds)
    pitch = int(song.pitch[index])
    since = max(0.0, seconds - song.onset[index])
    stroke = min(1.0, since / song.duration[index])
    span = instrument.highest - instrument.lowest
    return Moment(
        fingering=fingering(instrument.name, pitch),
        height=(pitch - instrument.lowest) / span,
        bow=float(stroke if index % 2 == 0 else 1.0 - stroke),
        sway=float(np.sin(2 * np.pi * performer.sway_hertz * seconds)),
        nod=float(np.exp(-since / 0.12)),
    )


def draw(
    song: SongPlan,
    times: Float[np.ndarray, " n"],
    *,
    image_size: int,
    playing: bool = True,
) -> UInt8[np.ndarray, "n s s 3"]:
    """Pictures of moments of a song.

    Args:
      song: what is performed.
      times: the moments, in seconds, [n].
      image_size: height and width of a picture, in pixels.
      playing: whether to draw the instrument and what plays it; see `Painter`.
    """
    instrument = INSTRUMENTS[song.instrument]
    performer = performer_named(song.performer)
    notes = compose(instrument, song.seconds, seed=song.seed)
    painter = Painter(
        song.instrument,
        performer,
        staging=set_stage(song.seed),
        image_size=image_size,
        playing=playing,
    )
    moments = [_moment(notes, instrument, performer, time) for time in times]
    return np.stack([painter.picture(moment) for moment in moments])


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
    notes = compose(instrument, song.seconds, seed=song.seed)
    wave = synthesise(
        notes,
        instrument,
        performer_named(song.performer),
        record(song.seed),
        seconds=song.seconds,
        sample_rate=sample_rate,
        seed=song.seed,
    )
    times = np.arange(count) * HOP_SECONDS
    length = round(window_seconds * sample_rate)
    starts = np.minimum(np.rint(times * sample_rate).astype(int), len(wave) - length)
    pitch = [notes.pitch[notes.note_at(time)] for time in times]
    return Performance(
        images=draw(song, times, image_size=image_size),
        windows=np.lib.stride_tricks.sliding_window_view(wave, length)[starts],
        time_ms=np.rint(times * 1000).astype(np.int32),
        pitch=np.array(pitch, np.float32),
    )
