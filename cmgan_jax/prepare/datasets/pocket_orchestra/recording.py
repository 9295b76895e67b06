"""How a song was recorded: the room's echo, tuning, tone colour, level and hiss."""

import dataclasses

import numpy as np

MOST_DETUNE = 15.0


@dataclasses.dataclass(frozen=True)
class Recording:
    """The conditions of one song.

    Attributes:
      detune: how far the song is tuned from 440 Hz, in cents, at most 15.
      tone: tilt of the whole spectrum about 1 kHz, in dB per octave.
      level: largest sample, 0 to 1.
      room: level of the room's echo against the direct sound.
      room_seconds: time in which the echo falls by 60 dB.
      hiss: noise of the recording, in dB below the music's peak.
      hiss_tilt: colour of that noise, in dB per octave.
    """

    detune: float
    tone: float
    level: float
    room: float
    room_seconds: float
    hiss: float
    hiss_tilt: float


def record(seed: int) -> Recording:
    """The conditions of the song of this seed, the same for the same seed."""
    rng = np.random.default_rng([seed, 5])
    return Recording(
        detune=rng.uniform(-MOST_DETUNE, MOST_DETUNE),
        tone=rng.uniform(-1.5, 1.5),
        level=rng.uniform(0.35, 0.95),
        room=rng.uniform(0.03, 0.2),
        room_seconds=rng.uniform(0.3, 1.2),
        hiss=rng.uniform(56, 74),
        hiss_tilt=rng.uniform(-6, 1),
    )
