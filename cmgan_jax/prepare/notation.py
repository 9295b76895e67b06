"""Which notes a recording plays and when, as somebody wrote them down."""

import dataclasses
import pathlib
import warnings

import numpy as np
from jaxtyping import Float, Float32

from cmgan_jax.signals.representation import Representation

_A4 = 69  # MIDI number of 440 Hz
_COLUMNS = "onset in seconds, frequency in Hz, duration in seconds"


@dataclasses.dataclass(frozen=True)
class Notation:
    """The notes of one recording.

    Attributes:
      notes: a row per note: onset in seconds, MIDI number, duration in seconds.
    """

    notes: Float[np.ndarray, "n 3"]

    def pitches(
        self, starts_ms: list[int], representation: Representation
    ) -> Float32[np.ndarray, " m"]:
        """The MIDI number of the note that sounds longest in each window.

        Args:
          starts_ms: of the windows.
          representation: gives their length.

        Returns:
          NaN where no note sounds.
        """
        start = np.asarray(starts_ms, np.float64)[:, None] / 1000
        onset, pitch, duration = self.notes.T
        until = start + representation.window_seconds
        ends = np.minimum(onset + duration, until)
        sounding = ends - np.maximum(onset, start)
        longest = sounding.argmax(1)
        heard = sounding[np.arange(len(longest)), longest] > 0
        return np.where(heard, pitch[longest], np.nan).astype(np.float32)


def read_notation(path: pathlib.Path) -> Notation:
    """Reads a text file with a line for each note: onset, frequency, duration.

    Raises:
      ValueError: it is no such file; says what was found.
      OSError: it cannot be read.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of a file without lines
            rows = np.loadtxt(path, ndmin=2, encoding="utf-8")
    except ValueError as error:
        raise ValueError(
            f"is no table of numbers ({error}); expected {_COLUMNS}."
        ) from error
    if not len(rows):
        raise ValueError(f"holds no note; expected lines of {_COLUMNS}.")
    if rows.shape[1] != 3:
        raise ValueError(f"has {rows.shape[1]} columns; expected {_COLUMNS}.")
    onset, hertz, duration = rows.T
    if not (np.isfinite(rows).all() and (hertz > 0).all() and (duration >= 0).all()):
        raise ValueError(
            f"has a note of no frequency or duration; expected {_COLUMNS}."
        )
    return Notation(np.stack([onset, _A4 + 12 * np.log2(hertz / 440), duration], 1))
