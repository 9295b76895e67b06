"""A film's pictures with another sound.

Pictures that MP4 and browsers take are copied as they are, packet by packet; others,
and folders of frames, are encoded anew.
"""

import itertools
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from cmgan_jax.media import ffmpeg
from cmgan_jax.media.errors import only_media_errors
from cmgan_jax.media.film_writing import SoundStream, open_mp4, write_film
from cmgan_jax.media.films import pictures_of
from cmgan_jax.media.opening import open_media
from cmgan_jax.media.reels import Reel, open_reel
from cmgan_jax.media.sounds import recorded_sound

COPIED = ("h264", "hevc", "av1")
# Fewer pictures in a second are shown several times: players cannot seek among stills.
_FEWEST_PER_SECOND = 5
_MOST_PIXELS = 1920 * 1080


def dub(
    pictures: Path,
    sound: str | os.PathLike,
    film: str | os.PathLike,
    *,
    frames_per_second: float | None = None,
) -> None:
    """Writes an MP4 of a film's pictures with a sound that begins with the first.

    Args:
      pictures: a film, whose own sound is left out, or a folder of frames.
      sound: a sound file, one or two channels.
      film: the MP4 to be written.
      frames_per_second: of a folder.

    Raises:
      MediaError: of either file.
    """
    with recorded_sound(sound) as (sample_rate, blocks):
        first = next(blocks)
        heard = {"sample_rate": sample_rate, "channels": first.shape[1]}
        blocks = itertools.chain([first], blocks)
        rate = _rate_to_encode(pictures, frames_per_second)
        if rate is None:
            _copy(pictures, film, blocks, heard)
        else:
            with open_reel(pictures, frames_per_second) as reel:
                _encode(reel, rate, film, blocks, heard)


def _rate_to_encode(pictures: Path, frames_per_second: float | None) -> Fraction | None:
    """Pictures per second to be encoded, or None where they can be copied."""
    if frames_per_second:
        shown = Fraction(frames_per_second).limit_denominator(1000)
        return shown * math.ceil(_FEWEST_PER_SECOND / shown)
    with _open_pictures(pictures) as (_, stream):
        rate = stream.average_rate or stream.guessed_rate or _FEWEST_PER_SECOND
        return None if stream.codec.name in COPIED else Fraction(rate)


@contextmanager
def _open_pictures(
    path: Path,
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    with (
        open_media(path) as file,
        only_media_errors(path),
        ffmpeg.open_container(file) as container,
    ):
        yield container, pictures_of(file, container)


def timed(packets: Iterable[av.Packet]) -> Iterator[av.Packet]:
    """Packets with content, all with a time of decoding.

    Matroska keeps none, and what FFmpeg derives lacks the first ones: they are put one
    tick apart before the first that is known.
    """
    waiting = []
    for packet in packets:
        if not packet.size:  # what demuxing ends with
            continue
        waiting.append(packet)
        if packet.dts is None:
            continue
        for before, late in enumerate(reversed(waiting)):
            late.dts = packet.dts - before
        yield from waiting
        waiting = []
    for number, packet in enumerate(waiting):  # a single picture or two
        packet.dts = min(late.pts for late in waiting) - len(waiting) + number
        yield packet


def _copy(pictures: Path, film, blocks: Iterator[np.ndarray], heard: dict) -> None:
    with (
        _open_pictures(pictures) as (source, stream),
        open_mp4(film) as container,
    ):
        shown = container.add_stream_from_template(stream)
        sound = SoundStream(container, **heard)
        begin = stream.start_time or 0
        for packet in timed(source.demux(stream)):
            packet.pts, packet.dts = packet.pts - begin, packet.dts - begin
            while sound.seconds < packet.dts * packet.time_base:
                block = next(blocks, None)
                if block is None:
                    break
                sound.write(block)
            packet.stream = shown
            container.mux(packet)
        for block in blocks:
            sound.write(block)
        sound.finish()


def _encode(
    reel: Reel,
    rate: Fraction,
    film,
    blocks: Iterator[np.ndarray],
    heard: dict,
) -> None:
    pixels = reel.at(0.0)
    with write_film(film, frame_rate=rate, size=_even(pixels), **heard) as writer:
        while pixels is not None:
            writer.show(pixels)
            writer.catch_up(blocks)
            pixels = reel.at(writer.seconds)
        for block in blocks:
            writer.sound.write(block)


def _even(pixels: np.ndarray) -> tuple[int, int]:
    """The height and width of a picture as H.264 takes them, no more than full HD."""
    height, width = pixels.shape[:2]
    share = min(1.0, math.sqrt(_MOST_PIXELS / (height * width)))
    return tuple(max(2, 2 * round(share * side / 2)) for side in (height, width))
