"""Sounds and pictures from files to the arrays that a trained system reads."""

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from cmgan_jax.media import log_mel
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.films import is_film
from cmgan_jax.media.pictures import crop_and_resize, decode_picture, squeeze
from cmgan_jax.media.reels import open_reel
from cmgan_jax.media.sounds import sound_blocks, sounding
from cmgan_jax.media.windows import Block, loudest_window, windows_of
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import Representation

_ENCODED_AT_ONCE = 64
_LOUDEST_HOP = 0.1  # seconds between windows among which the loudest is looked for


@dataclasses.dataclass(frozen=True)
class Source:
    """One source.

    Attributes:
      array: uint8 [h w c], as the data set stores it.
      start_ms: of the window in the sound; 0 of a picture.
    """

    array: UInt8[np.ndarray, "h w c"]
    start_ms: int = 0


@dataclasses.dataclass(frozen=True)
class Content:
    """What a file holds for a system.

    Attributes:
      starts: of its sounding windows, in ms; [0] of a picture or a film's pictures.
      seconds: how long it lasts; 0 of a picture.
      silent: stretches of silent windows, (from, to) in ms.
      notes: sentences on what was done to a sound.
    """

    starts: Int64[np.ndarray, " n"]
    seconds: float = 0.0
    silent: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()


def examine(
    file: Path,
    representation: Representation,
    *,
    direction: Direction,
    hop_seconds: float,
    frames_per_second: float | None = None,
    heard: Callable[[int], None] = lambda start_ms: None,
) -> Content:
    """Reads a file to its end, keeping nothing but when it sounds.

    Args:
      file: of the source modality; of pictures, a film or a folder of frames, too.
      representation: of the data the system was trained on.
      direction: its source is read.
      hop_seconds: time between windows of a sound, in seconds.
      frames_per_second: of a folder of frames.
      heard: is told how far a sound or film is read, in ms.

    Raises:
      MediaError: as `read_sources`, before any of it is used.
    """
    if direction.source == "image" and (file.is_dir() or is_film(file)):
        return _examine_reel(file, frames_per_second, heard)
    if _is_picture(representation, direction):
        _read_picture(file, representation, direction)
        return Content(np.zeros(1, np.int64))
    starts, silent, notes, lengths = [], [], [], []
    for block, windows in _windows(file, representation, hop_seconds, notes, lengths):
        loud = sounding(windows)
        starts.append(block[loud])
        silent.append(block[~loud])
        heard(int(block[-1]))
    sounds, silences = (np.concatenate(some) for some in (starts, silent))
    length = round(1000 * representation.window_seconds)
    hop = 1000 * hop_seconds
    stretches = _stretches(silences, hop=hop, length=length)
    return Content(sounds, lengths[0], stretches, tuple(notes))


def _examine_reel(
    file: Path, frames_per_second: float | None, heard: Callable[[int], None]
) -> Content:
    """Goes through a film's pictures a tenth of a second at a time."""
    with open_reel(file, frames_per_second) as reel:
        for tenths in itertools.count():
            heard(100 * tenths)
            if reel.at(tenths / 10) is None:
                return Content(np.zeros(1, np.int64), tenths / 10)


def _stretches(
    starts: Int64[np.ndarray, " n"], *, hop: float, length: int
) -> tuple[tuple[int, int], ...]:
    """Windows that follow one another as stretches, (from, to) in ms."""
    breaks = np.flatnonzero(np.diff(starts) > hop + 1) + 1
    parts = [part for part in np.split(starts, breaks) if len(part)]
    return tuple((int(part[0]), int(part[-1]) + length) for part in parts)


def read_sources(
    file: Path,
    representation: Representation,
    *,
    direction: Direction,
    hop_seconds: float = 0.5,
) -> Iterator[Source]:
    """The sources in one file, read as they are asked for.

    Args:
      file: of the source modality; with "pictures" data, a sound is a picture of a
        spectrogram.
      representation: of the data the system was trained on.
      direction: its source is read.
      hop_seconds: time between windows of a sound, in seconds.

    Yields:
      One source of a picture; one per window of a sound that is not silent.

    Raises:
      MediaError: the file is unreadable, or of the other modality (then says so).
    """
    if _is_picture(representation, direction):
        yield Source(_read_picture(file, representation, direction))
        return
    for starts, windows in _windows(file, representation, hop_seconds):
        loud = np.flatnonzero(sounding(windows))
        for first in range(0, len(loud), _ENCODED_AT_ONCE):
            rows = loud[first : first + _ENCODED_AT_ONCE]
            arrays = log_mel.encode_windows(windows[rows], representation)
            for start, array in zip(starts[rows], arrays, strict=True):
                yield Source(array, int(start))


def read_loudest(
    file: Path, representation: Representation, *, direction: Direction
) -> Source:
    """One source of a file: a picture, or the loudest window of a sound.

    Raises:
      MediaError: as `read_sources`.
    """
    if _is_picture(representation, direction):
        return Source(_read_picture(file, representation, direction))
    try:
        start, window = loudest_window(file, representation, _LOUDEST_HOP)
    except MediaError as error:
        raise _hinting(error, "not_audio", is_picture, "picture", "i2s") from error
    return Source(log_mel.encode_windows(window[None], representation)[0], start)


def _is_picture(representation: Representation, direction: Direction) -> bool:
    return direction.source == "image" or representation.sound == "pictures"


def _read_picture(
    file: Path, representation: Representation, direction: Direction
) -> UInt8[np.ndarray, "h w c"]:
    try:
        if direction.source == "sound":
            return squeeze(decode_picture(file), representation.image_size)
        # As prepare reads the pictures that systems are trained on.
        picture = decode_picture(file, at_least=2 * representation.image_size)
        return crop_and_resize(picture, representation)
    except MediaError as error:
        raise _hinting(error, "not_picture", is_sound, "sound", "s2i") from error


def _windows(
    file: Path,
    representation: Representation,
    hop_seconds: float,
    notes: list[str] | None = None,
    lengths: list[float] | None = None,
) -> Iterator[Block]:
    try:
        yield from windows_of(
            file, representation, hop_seconds, notes=notes, lengths=lengths
        )
    except MediaError as error:
        raise _hinting(error, "not_audio", is_picture, "picture", "i2s") from error


def _hinting(
    error: MediaError, kind: str, is_other, other: str, direction: str
) -> MediaError:
    """The error, with a hint where the file is of the other modality."""
    if error.kind != kind or not is_other(Path(error.path)):
        return error
    hint = (
        f" It is a {other}: give --direction={direction}, or a workdir trained with "
        f":{direction}."
    )
    return MediaError(error.path, kind, error.reason + hint)


def is_picture(file: Path) -> bool:
    """Whether a file is a picture, be it a damaged one."""
    try:
        decode_picture(file, at_least=16)
    except MediaError as error:
        return error.kind != "not_picture"
    return True


def is_sound(file: Path) -> bool:
    """Whether a file is a sound, or a film with one."""
    try:
        with contextlib.closing(sound_blocks(file, 22050)) as blocks:
            next(blocks)
        return True
    except MediaError:
        return False
