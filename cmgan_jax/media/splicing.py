"""Packets of a film replaced; all others are copied as they are."""

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from cmgan_jax.media import ffmpeg
from cmgan_jax.media.errors import only_media_errors
from cmgan_jax.media.films import pictures_of
from cmgan_jax.media.opening import open_media

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}


@dataclasses.dataclass(frozen=True)
class NewPacket:
    """What stands in the place of a packet; its time of decoding stays."""

    content: bytes
    pts: int
    is_key: bool = True


# Of one stream, by the time of decoding of the packets they replace.
Replaced = dict[int, NewPacket]


@contextmanager
def open_streams(
    path: str | os.PathLike,
) -> Iterator[
    tuple[av.container.InputContainer, av.VideoStream, av.AudioStream | None]
]:
    """A film with its first pictures that are no cover, and its sound if there is one.

    Raises:
      MediaError: as `films.open_film`.
    """
    with (
        open_media(path) as file,
        only_media_errors(path),
        ffmpeg.open_container(file) as container,
    ):
        yield container, pictures_of(file, container), container.streams.best("audio")


def copy_replacing(
    path: Path,
    target: str | os.PathLike,
    *,
    pictures: Replaced,
    sound: Replaced,
    container: str,
) -> None:
    """Writes a film with some packets replaced and all others as they were.

    Other streams (further sounds, subtitles, covers) are left out.

    Args:
      path: the film.
      target: to be written.
      pictures: new packets of the pictures.
      sound: of the sound.
      container: see CONTAINERS.
    """
    options = {"fflags": "+bitexact"}
    if container != "matroska":
        options["movflags"] = "+faststart"
    with (
        open_streams(path) as (source, shown, heard),
        av.open(os.fspath(target), "w", format=container, options=options) as output,
    ):
        streams = [stream for stream in (shown, heard) if stream is not None]
        copies = {s.index: output.add_stream_from_template(s) for s in streams}
        new = {shown.index: pictures}
        if heard is not None:
            new[heard.index] = sound
        for packet in source.demux(streams):
            if not packet.size or packet.dts is None:
                continue
            index = packet.stream_index
            packet = _in_place(packet, new[index].get(packet.dts))
            packet.stream = copies[index]
            output.mux(packet)


def _in_place(packet: av.Packet, new: NewPacket | None) -> av.Packet:
    if new is None:
        return packet
    made = av.Packet(new.content)
    made.pts, made.dts, made.duration = new.pts, packet.dts, packet.duration
    made.time_base, made.is_keyframe = packet.time_base, new.is_key
    return made
