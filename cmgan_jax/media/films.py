"""The pictures of a film at given moments, through PyAV, whose wheel carries FFmpeg."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np
from av.sidedata.sidedata import Type as SideData
from av.stream import Disposition
from jaxtyping import UInt8

from cmgan_jax.media import ffmpeg
from cmgan_jax.media.containers import what_is_missing
from cmgan_jax.media.errors import MediaError, only_media_errors
from cmgan_jax.media.foreign import is_film_head
from cmgan_jax.media.opening import MediaFile, open_media

# Of 8K; a decoder holds up to sixteen pictures.
MOST_PIXELS = 36_000_000
# Frames are told apart to the millisecond, which moments are counted in.
_ROUNDING = 0.0005
# Seconds; a slide of a recorded talk may stand long, a damaged clock jumps for years.
_LONGEST_STILL = 3600.0
_AGAIN = "copy it again from where it came from."


def is_film(path: str | os.PathLike) -> bool:
    """Whether a file begins as films do; no error, who reads it says what is wrong."""
    try:
        with open_media(path) as file:
            return is_film_head(file.head)
    except MediaError:
        return False


@contextmanager
def open_film(path: str | os.PathLike) -> Iterator["Film"]:
    """Opens a film: its first stream of pictures that is no cover.

    Raises:
      MediaError: not_picture, a film without pictures; truncated, damaged, unreadable,
        not_regular, zero_length, out_of_limits or permission; the first of these while
        its pictures are asked for, too.
    """
    with open_media(path) as file, only_media_errors(path):
        missing = what_is_missing(file)
        if missing:
            raise MediaError(path, "truncated", f"{missing}: {_AGAIN}")
        file.seek(0)
        with ffmpeg.open_container(file) as container:
            yield Film(file, container)


class Film:
    """An open film, from its first picture to its last.

    Attributes:
      sound_start: seconds from the first picture to the beginning of the film's own
        sound, negative where that begins earlier; 0 for a film without sound.
    """

    def __init__(self, file: MediaFile, container: av.container.InputContainer):
        self._path = file.path
        self._stream = pictures_of(file, container)
        self._frames = self._decode(container)
        self._shown, self._next = None, next(self._frames, None)
        self._pixels: np.ndarray | None = None  # of the picture shown
        if self._next is None:
            reason = f"none of its pictures can be decoded: {_AGAIN}"
            raise MediaError(file.path, "unreadable", reason)
        self._start = self._next[0]
        sound = container.streams.best("audio")
        self.sound_start = 0.0
        if sound is not None and sound.start_time is not None:
            begins = float(sound.start_time * sound.time_base)
            self.sound_start = begins - self._start

    def at(self, seconds: float) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture that is shown at a moment, as a person sees it.

        Turned and mirrored as the film says, with square pixels.

        Args:
          seconds: since the first picture; not less than asked for before.

        Returns:
          8-bit RGB; None before the first picture and after the last has gone.

        Raises:
          MediaError: damaged, a picture on the way cannot be decoded; out_of_limits.
        """
        moment = self._start + seconds + _ROUNDING
        while self._next is not None and self._next[0] <= moment:
            self._shown, self._next = self._next, next(self._frames, None)
            self._pixels = None
        if self._shown is None:
            return None
        time, frame = self._shown
        if self._next is None and moment >= time + self._lasts(frame):
            return None
        if self._pixels is None:
            self._pixels = self._seen(frame)
        return self._pixels

    def _decode(self, container) -> Iterator[tuple[float, av.VideoFrame]]:
        """Every picture with its time in seconds, in order of time."""
        time = None
        for packet in container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.error.EOFError:
                return
            except (ffmpeg.FfmpegError, ValueError) as error:
                if isinstance(error, MemoryError):
                    raise
                if time is None:  # cut out of a longer stream, it may begin midway
                    continue
                reason = f"the picture after {time:.2f} s cannot be decoded: {_AGAIN}"
                raise MediaError(self._path, "damaged", reason) from error
            for frame in frames:
                _require_limits(self._path, frame.width, frame.height)
                follows = 0.0 if time is None else time + self._lasts(frame)
                stamp = follows if frame.pts is None else frame.time
                if time is not None and stamp - time > _LONGEST_STILL:
                    reason = f"its clock jumps from {time:.2f} to {stamp:.2f} s: "
                    raise MediaError(self._path, "damaged", reason + _AGAIN)
                time = stamp
                yield time, frame

    def _lasts(self, frame: av.VideoFrame) -> float:
        """Seconds a picture is shown if none follows; of old films the rate says it."""
        rate = self._stream.average_rate or self._stream.guessed_rate
        lasts = 1 / rate if rate else 0
        if frame.duration:
            lasts = frame.duration * frame.time_base
        return min(float(lasts), _LONGEST_STILL)

    def _seen(self, frame: av.VideoFrame) -> UInt8[np.ndarray, "h w 3"]:
        ratio = self._stream.sample_aspect_ratio
        width = round(frame.width * ratio) if ratio else frame.width
        _require_limits(self._path, width, frame.height)
        pixels = frame.reformat(width=width, format="rgb24").to_ndarray()
        return _turned(pixels, frame)


def pictures_of(
    file: MediaFile, container: av.container.InputContainer
) -> av.VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            _require_limits(file.path, stream.width, stream.height)
            # Workers are as many as cores already.
            stream.codec_context.thread_count = 1
            return stream
    raise MediaError(
        file.path,
        "not_picture",
        "a film or container without pictures; expected a stream of video.",
    )


def _require_limits(path: str, width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise MediaError(
            path,
            "out_of_limits",
            f"has pictures of {width} x {height} pixels; films are read up to "
            f"{MOST_PIXELS // 1_000_000} million: make it smaller.",
        )


def _turned(
    pixels: UInt8[np.ndarray, "h w 3"], frame: av.VideoFrame
) -> UInt8[np.ndarray, "y x 3"]:
    """Pixels as the display matrix says, which phones write that are held upright."""
    stored = frame.side_data.get(SideData.DISPLAYMATRIX)
    if stored is None:
        return pixels
    # Row vectors (x, y) times this are where a pixel is shown.
    (to_right, to_down), (right, down) = (
        np.frombuffer(stored, np.int32).reshape(3, 3)[:2, :2].tolist()
    )
    if abs(to_down) > abs(to_right):
        pixels, to_right, down = pixels.transpose(1, 0, 2), right, to_down
    across, along = (-1 if sign < 0 else 1 for sign in (to_right, down))
    return np.ascontiguousarray(pixels[::along, ::across])
