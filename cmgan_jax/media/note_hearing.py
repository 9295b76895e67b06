"""Which note a window of sound begins with, where nobody wrote it down.

YIN (de Cheveigne and Kawahara 2002, librosa's) asks after how long a sound repeats
itself: the note of one player, not of several at once. It is asked at the beginning of
a window, which is the moment that a picture beside it shows.
"""

import librosa
import numpy as np
from jaxtyping import Float32

_LOWEST, _HIGHEST = 21, 108  # MIDI numbers of a piano's keys
_STEPS = 3
_STEP_SECONDS = 0.02  # from one to the next
_ALIKE = 0.5  # semitones that they may be from the middle one
_REPEATED = 0.7  # correlation of a sound with itself, one period later


def notes_heard(
    windows: Float32[np.ndarray, "n w"], sample_rate: int
) -> Float32[np.ndarray, " n"]:
    """The MIDI number of the note that each window begins with.

    Args:
      windows: of an eighth of a second or more.
      sample_rate: in Hz.

    Returns:
      NaN where what is heard changes at once, or does not repeat itself.
    """
    if not len(windows):
        return np.empty(0, np.float32)
    lowest, highest = librosa.midi_to_hz([_LOWEST - 0.5, _HIGHEST + 0.5])
    frame = 2 ** int(np.ceil(np.log2(2 * sample_rate / lowest)))  # two periods of it
    hop = round(_STEP_SECONDS * sample_rate)
    beginnings = windows[:, : frame + (_STEPS - 1) * hop]
    hertz = librosa.yin(
        beginnings,
        fmin=lowest,
        fmax=highest,
        sr=sample_rate,
        frame_length=frame,
        hop_length=hop,
        center=False,
    )
    steps = librosa.hz_to_midi(hertz)
    note = np.median(steps, axis=1)
    same = (np.abs(steps - note[:, None]) < _ALIKE).all(axis=1)
    periods = np.rint(sample_rate / np.median(hertz, axis=1)).astype(int)
    with np.errstate(invalid="ignore"):  # of a beginning without any sound
        again = [
            np.corrcoef(sound[:-period], sound[period:])[0, 1]
            for sound, period in zip(beginnings, periods, strict=True)
        ]
    heard = same & (np.array(again) > _REPEATED)
    return np.where(heard, note, np.nan).astype(np.float32)
