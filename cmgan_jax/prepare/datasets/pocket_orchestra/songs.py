"""Composes songs: a scale, a few bars of rhythm that return, a melody that walks."""

import dataclasses

import numpy as np
from jaxtyping import Float

from cmgan_jax.prepare.datasets.pocket_orchestra.timbre import Instrument

_SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 7, 9),
)
# Durations of one bar, in beats.
_BARS = (
    (1.0, 1.0, 1.0, 1.0),
    (2.0, 1.0, 1.0),
    (1.0, 0.5, 0.5, 2.0),
    (1.5, 0.5, 1.0, 1.0),
    (0.5, 0.5, 1.0, 0.5, 0.5, 1.0),
    (3.0, 1.0),
    (2.0, 2.0),
)
_STEPS = (-3, -2, -1, 0, 1, 2, 3)
_STEP_CHANCES = (0.07, 0.13, 0.28, 0.04, 0.28, 0.13, 0.07)
_LONGEST_REST = 0.15


@dataclasses.dataclass(frozen=True)
class Song:
    """The notes of one song, in order and one at a time.

    Attributes:
      onset: where each note begins, in seconds, [notes].
      duration: how long it is held, in seconds, [notes].
      pitch: MIDI number, [notes].
      loudness: 0 to 1, [notes].
    """

    onset: Float[np.ndarray, " notes"]
    duration: Float[np.ndarray, " notes"]
    pitch: Float[np.ndarray, " notes"]
    loudness: Float[np.ndarray, " notes"]

    def note_at(self, seconds: float) -> int:
        """Index of the note sounding at a time; in a rest, of the note to come."""
        index = max(0, int(np.searchsorted(self.onset, seconds, side="right")) - 1)
        over = seconds >= self.onset[index] + self.duration[index]
        return min(index + 1, len(self.onset) - 1) if over else index


def _rhythm(rng: np.random.Generator, seconds: float) -> np.ndarray:
    beat = rng.uniform(0.3, 0.48)
    theme = [_BARS[index] for index in rng.permutation(len(_BARS))[:3]]
    durations: list[float] = []
    while sum(durations) < seconds:
        phrase = (theme[0], theme[1], theme[0], theme[2])
        durations.extend(beat * part for bar in phrase for part in bar)
    ends = np.cumsum(durations)
    # The last note stays at least half a beat.
    kept = max(1, int(np.searchsorted(ends, seconds - beat / 2)) + 1)
    ends = ends[:kept]
    ends[-1] = seconds
    return np.diff(ends, prepend=0.0)


def _melody(rng: np.random.Generator, instrument: Instrument, notes: int) -> np.ndarray:
    scale = np.array(_SCALES[rng.integers(len(_SCALES))]) + rng.integers(12)
    every = (np.arange(11)[:, None] * 12 + scale).ravel()
    span = rng.integers(16, 25)
    # Drawn from beyond the range and brought back, so that its ends are played too.
    low = rng.integers(instrument.lowest - 5, instrument.highest - span + 6)
    low = np.clip(low, instrument.lowest, instrument.highest - span)
    choices = every[(every >= low) & (every <= low + span)]
    place = rng.integers(len(choices))
    pitch = np.empty(notes)
    for note in range(notes):
        pitch[note] = choices[place]
        place += rng.choice(_STEPS, p=_STEP_CHANCES)
        # Steps beyond the song's span turn back.
        place = abs(place) if place < len(choices) else 2 * len(choices) - 2 - place
    return pitch


def compose(instrument: Instrument, seconds: float, *, seed: int) -> Song:
    """A song for an instrument, the same for the same seed.

    Args:
      instrument: sets the range.
      seconds: length; the last note ends with it.
      seed: of the song.

    Returns:
      The song; no rest is longer than 0.15 s, so that half a second is never silent.
    """
    rng = np.random.default_rng([seed, 1])
    length = _rhythm(rng, seconds)
    notes = len(length)
    rest = np.minimum(rng.choice([0.02, 0.3], notes, p=[0.85, 0.15]) * length, 1.0)
    rest = np.minimum(rest, _LONGEST_REST)
    rest[-1] = 0.0
    return Song(
        onset=np.cumsum(length) - length,
        duration=length - rest,
        pitch=_melody(rng, instrument, notes),
        loudness=rng.uniform(0.6, 1.0, notes),
    )
