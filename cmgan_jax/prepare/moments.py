"""Media files to rows: pictures, windows of sounds, and moments of films.

A window starts every HOP_SECONDS, of a film the picture at its start; what is silent or
shows one colour only becomes no row.
"""

import dataclasses

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import open_film
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.media.pictures import crop_and_resize, decode_picture, is_blank, squeeze
from cmgan_jax.media.sounds import sounding
from cmgan_jax.media.windows import first_window, loudest_window, windows_of
from cmgan_jax.signals.representation import Representation

HOP_SECONDS = 0.1
HOP_MS = round(1000 * HOP_SECONDS)
# Which window of a recording belongs to the picture of its name; of those not silent.
WINDOWS = {"loudest": loudest_window, "first": first_window}
# Of one film: ten minutes, 100 MB with pictures of 64 pixels. A task's rows wait in
# memory for their turn.
MOST_ROWS = 6_000
WHOLE = (0, 1)  # strip of a film's width: the first of one


@dataclasses.dataclass(frozen=True)
class Moments:
    """Rows of one file, or of the two files of one moment or film.

    Attributes:
      starts: of every row's moment, in ms; -1 for a picture, which has none.
      pictures: uint8 [n y x 3]; none where only a sound was read.
      sounds: of its windows, or pictures of sound; none where only a picture was read.
      seconds: how long the sound lasts; None where none was heard.
      used: seconds of it that lie in the window of a row.
      notes: sentences on what was done to the sound or the film.
    """

    starts: list[int]
    pictures: UInt8[np.ndarray, "n y x 3"] | None = None
    sounds: UInt8[np.ndarray, "n h w c"] | None = None
    seconds: float | None = None
    used: float = 0.0
    notes: tuple[str, ...] = ()


def picture(path: str, representation: Representation) -> Moments:
    """One picture.

    Raises:
      MediaError: as `decode_picture`.
    """
    # Twice the size leaves the resize something to average in a reduced JPEG.
    pixels = decode_picture(path, at_least=2 * representation.image_size)
    return Moments([-1], pictures=crop_and_resize(pixels, representation)[np.newaxis])


def sound(path: str, representation: Representation) -> Moments:
    """Every window of a sound that is not silent, or one picture of sound.

    Raises:
      MediaError: as `windows_of`, or as `decode_picture`.
    """
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)
    arrays, kept_starts, lengths, notes = [], [], [], []
    for starts, windows in windows_of(
        path, representation, HOP_SECONDS, lengths=lengths, notes=notes
    ):
        kept = sounding(windows)
        arrays.append(encode_windows(windows[kept], representation))
        kept_starts += starts[kept].tolist()
    return Moments(
        kept_starts,
        sounds=np.concatenate(arrays),
        seconds=lengths[0],
        used=_used(kept_starts, representation),
        notes=tuple(notes),
    )


def one_window(path: str, representation: Representation, *, which: str) -> Moments:
    """One window that is not silent, see WINDOWS, or one picture of sound.

    Raises:
      MediaError: as `windows_of`, or as `decode_picture`.
    """
    if representation.sound == "pictures":
        return _picture_of_sound(path, representation)
    lengths: list[float] = []
    notes: list[str] = []
    start, window = WINDOWS[which](
        path, representation, HOP_SECONDS, lengths=lengths, notes=notes
    )
    return Moments(
        [start],
        sounds=encode_windows(window[np.newaxis], representation),
        seconds=lengths[0],
        used=representation.window_seconds,
        notes=tuple(notes),
    )


def film(path: str, representation: Representation) -> Moments:
    """The pictures of a film, one every HOP_SECONDS.

    Raises:
      MediaError: as `open_film`; blank.
    """
    grid = _Grid()
    with open_film(path) as opened:
        start = 0
        while (pixels := opened.at(start / 1000)) is not None:
            if grid.has(start):
                cropped = crop_and_resize(pixels, representation)
                if not is_blank(cropped):
                    grid.add(start, cropped)
            start += HOP_MS
    if not grid.starts:
        raise MediaError(path, "blank", "shows nothing: no picture but of one colour.")
    [pictures] = grid.columns()
    return Moments(grid.starts, pictures=pictures)


def film_and_sound(
    path: str,
    sound_path: str,
    representation: Representation,
    *,
    strip: tuple[int, int] = WHOLE,
) -> Moments:
    """Every sounding window of a sound, and the film's picture at its start.

    Args:
      path: the film.
      sound_path: a sound that begins with the film's first picture, or the film again
        for its own.
      representation: how both become rows.
      strip: which part of the film's width is looked at, from the left and counted
        from 0, and of how many equal ones.

    Raises:
      MediaError: as `open_film` or `windows_of`, of either file; blank.
    """
    if representation.sound == "pictures":
        raise MediaError(
            path, "not_picture", "a film; beside a picture of sound a picture belongs."
        )
    grid, lengths, notes = _Grid(), [], []
    with open_film(path) as opened:
        lead = opened.sound_start if path == sound_path else 0.0
        for starts, windows in windows_of(
            sound_path, representation, HOP_SECONDS, lengths=lengths, notes=notes
        ):
            shown = {}
            for i in np.flatnonzero(sounding(windows) & grid.has(starts)).tolist():
                pixels = opened.at(starts[i] / 1000 + lead)
                if pixels is not None:
                    shown[i] = crop_and_resize(_part(pixels, strip), representation)
            shown = {i: pixels for i, pixels in shown.items() if not is_blank(pixels)}
            spectra = encode_windows(windows[list(shown)], representation)
            for i, spectrum in zip(shown, spectra, strict=True):
                grid.add(int(starts[i]), shown[i], spectrum)
    if not grid.starts:
        raise MediaError(
            path, "blank", "shows nothing, or one colour, while its sound plays."
        )
    pictures, sounds = grid.columns()
    return Moments(
        grid.starts,
        pictures,
        sounds,
        seconds=lengths[0],
        used=_used(grid.starts, representation),
        notes=(*notes, *grid.notes()),
    )


def _part(
    pixels: UInt8[np.ndarray, "y x 3"], strip: tuple[int, int]
) -> UInt8[np.ndarray, "y w 3"]:
    number, count = strip
    left, right = (place * pixels.shape[1] // count for place in (number, number + 1))
    return pixels[:, left:right]


def _picture_of_sound(path: str, representation: Representation) -> Moments:
    pixels = squeeze(decode_picture(path), representation.image_size)
    return Moments([0], sounds=pixels[np.newaxis])


def _used(starts: list[int], representation: Representation) -> float:
    """Seconds that lie in one of the windows that start there."""
    length = representation.window_seconds
    return float(np.minimum(np.diff(starts) / 1000, length).sum()) + length


class _Grid:
    """Rows that start on a grid of hops, made coarser when there are too many.

    Attributes:
      starts: of the rows, in ms.
    """

    def __init__(self):
        self.starts: list[int] = []
        self._rows: list[tuple[np.ndarray, ...]] = []
        self._step = HOP_MS

    def has(self, starts):
        """Whether a row may start there, for one start in ms or an array of them."""
        return starts % self._step == 0

    def add(self, start: int, *row: np.ndarray) -> None:
        """Takes a row of some columns, if its start is on the grid."""
        if self.has(start):
            self.starts.append(start)
            self._rows.append(row)
        if len(self.starts) > MOST_ROWS:
            self._step *= 2
            kept = [i for i, start in enumerate(self.starts) if self.has(start)]
            self.starts = [self.starts[i] for i in kept]
            self._rows = [self._rows[i] for i in kept]

    def columns(self) -> list[np.ndarray]:
        """The columns of all rows."""
        return [np.stack(column) for column in zip(*self._rows, strict=True)]

    def notes(self) -> list[str]:
        """A sentence if the grid is coarser than asked for."""
        if self._step == HOP_MS:
            return []
        return [
            f"a long film: a row every {self._step / 1000:g} s instead of "
            f"{HOP_SECONDS:g}. Cut into pieces it gives more."
        ]
