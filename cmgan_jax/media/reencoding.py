"""Stretches of a film encoded anew, as packets that take the places of the old ones.

Sound is AAC, whose packets of 1024 samples overlap by half: two more than those of a
stretch are encoded anew on either side. Pictures are H.264: the groups that a stretch
is in are encoded anew, with parameter sets of their own number beside the film's, and
at the times of the old ones.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags
from jaxtyping import Float32, UInt8

from cmgan_jax.media import ffmpeg
from cmgan_jax.media.dubbing import timed
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.splicing import NewPacket, Replaced, open_streams

Span = tuple[float, float]  # from and to, in seconds of the film's clock
# Seconds of the first sample, samples [t c] -> samples in their place.
Heard = Callable[[float, Float32[np.ndarray, "t c"]], Float32[np.ndarray, "t c"]]
# Seconds, picture -> the picture in its place.
Seen = Callable[[float, UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "h w 3"]]
_AAC_FRAME = 1024
_MARGIN = 2  # packets
# Of parameter sets; films have 0, seldom a few more.
_OWN_NUMBER = 31


def replace_sound(path: Path, stretches: Sequence[Span], heard: Heard) -> Replaced:
    """Encodes the sound of stretches anew.

    Args:
      path: a film with sound in AAC (LC).
      stretches: in order of time.
      heard: gets what was recorded in and around stretches.

    Raises:
      MediaError: unreadable, the sound is of another kind.
    """
    with open_streams(path) as (container, _, stream):
        if stream is None or stream.codec.name != "aac" or stream.profile != "LC":
            kind = "missing" if stream is None else stream.codec.name
            raise MediaError(
                path,
                "unreadable",
                f"its sound is {kind}; stretches of AAC (LC) are filled: convert it, "
                "`ffmpeg -i IN -c:v copy -c:a aac OUT.mp4`.",
            )
        replaced, near = {}, []
        reach = (_MARGIN + 2) * _AAC_FRAME / stream.rate
        for packet in timed(container.demux(stream)):
            time = float(packet.pts * packet.time_base)
            if _touches(time, time + _AAC_FRAME / stream.rate, stretches, reach):
                near.append((packet.dts, packet.pts, _samples(packet, stream.channels)))
            elif near:
                replaced |= _encoded_sound(near, stream, stretches, heard)
                near = []
        return replaced | _encoded_sound(near, stream, stretches, heard)


def _touches(
    start: float, end: float, stretches: Sequence[Span], reach: float = 0.0
) -> bool:
    return any(start < b + reach and end > a - reach for a, b in stretches)


def _samples(packet: av.Packet, channels: int) -> Float32[np.ndarray, "t c"]:
    """Of one packet; zeros where it cannot be decoded, or is passed over as a lead."""
    held = np.zeros((_AAC_FRAME, channels), np.float32)
    try:
        for frame in packet.decode():
            samples = frame.to_ndarray().T[:_AAC_FRAME]
            held[-len(samples) :] = samples
    except (ffmpeg.FfmpegError, ValueError):
        pass
    return held


def _encoded_sound(near: list, stream, stretches, heard: Heard) -> Replaced:
    """Packets in the place of those within a margin of stretches."""
    if not near:
        return {}
    rate, base = stream.rate, stream.time_base
    begin = float(near[0][1] * base)
    samples = heard(begin, np.concatenate([held for _, _, held in near]))
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout = rate, stream.layout
    encoder.format, encoder.time_base = "fltp", Fraction(1, rate)
    encoder.bit_rate = stream.bit_rate or 96_000 * stream.channels
    encoder.flags |= Flags.bitexact
    made = []
    planes = np.ascontiguousarray(np.clip(samples, -1, 1).T, np.float32)
    for start in range(0, planes.shape[1], _AAC_FRAME):
        part = np.ascontiguousarray(planes[:, start : start + _AAC_FRAME])
        frame = av.AudioFrame.from_ndarray(part, "fltp", stream.layout.name)
        frame.sample_rate, frame.pts = rate, start
        frame.time_base = Fraction(1, rate)
        made += encoder.encode(frame)
    by_place = {p.pts // _AAC_FRAME: bytes(p) for p in made + encoder.encode(None)}
    margin = _MARGIN * _AAC_FRAME / rate
    return {
        dts: NewPacket(by_place[place], pts)
        for place, (dts, pts, _) in enumerate(near)
        if _touches(
            float(pts * base), float(pts * base) + _AAC_FRAME / rate, stretches, margin
        )
        and place in by_place
    }


def replace_pictures(path: Path, stretches: Sequence[Span], seen: Seen) -> Replaced:
    """Encodes the groups of pictures anew that stretches are in.

    Args:
      path: a film in H.264, upright as it is stored.
      stretches: in order of time.
      seen: is asked for the pictures in stretches.

    Raises:
      MediaError: unreadable, the pictures are of another kind.
    """
    with open_streams(path) as (container, stream, _):
        if stream.codec.name != "h264" or stream.pix_fmt not in ("yuv420p", "yuvj420p"):
            raise MediaError(
                path,
                "unreadable",
                f"its pictures are {stream.codec.name}, {stream.pix_fmt}; stretches of "
                "H.264 with 8 bits are filled: convert it, `ffmpeg -i IN -c:v libx264 "
                "-pix_fmt yuv420p -c:a copy OUT.mp4`.",
            )
        replaced, base = {}, stream.time_base
        for group in _groups(timed(container.demux(stream))):
            times = [packet.pts * base for packet in group]
            if _touches(float(min(times)), float(max(times)), stretches):
                replaced |= _encoded_pictures(group, stream, stretches, seen)
        return replaced


def _groups(packets: Iterator[av.Packet]) -> Iterator[list[av.Packet]]:
    """Packets from one keyframe to the next that no picture before it needs."""
    complete: list[av.Packet] = []
    current: list[av.Packet] = []
    for packet in packets:
        if packet.is_keyframe and current:
            if complete and min(p.pts for p in current) == current[0].pts:
                yield complete
                complete = []
            complete, current = complete + current, []
        current.append(packet)
    if complete and min(p.pts for p in current) == current[0].pts:
        yield complete
        complete = []
    yield complete + current


def _encoded_pictures(group, stream, stretches, seen: Seen) -> Replaced:
    """Packets for a whole group, as many as there were, at the same times."""
    frames = {frame.pts: frame for frame in _decoded(group, stream)}
    encoder = _picture_encoder(stream)
    made, last = [], None
    for pts in sorted(packet.pts for packet in group):
        last = frames.get(pts, last) or next(iter(frames.values()))
        pixels = last.to_ndarray(format="rgb24")
        time = float(pts * stream.time_base)
        if _touches(time, time, stretches):
            pixels = seen(time, pixels)
        frame = av.VideoFrame.from_ndarray(pixels).reformat(format=stream.pix_fmt)
        frame.pts, frame.time_base = pts, stream.time_base
        made += encoder.encode(frame)
    made += encoder.encode(None)
    sets = _length_prefixed(encoder.extradata)
    old = sorted(packet.dts for packet in group)
    return {
        dts: NewPacket(
            (sets if new.is_keyframe else b"") + _length_prefixed(bytes(new)),
            new.pts,
            new.is_keyframe,
        )
        for dts, new in zip(old, made, strict=True)
    }


def _decoded(group, stream) -> Iterator[av.VideoFrame]:
    """What can be decoded of a group by itself."""
    decoder = stream.codec_context
    decoder.flush_buffers()
    for packet in (*group, None):
        try:
            yield from decoder.decode(packet)
        except (ffmpeg.FfmpegError, ValueError):
            continue


def _picture_encoder(stream) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = stream.width, stream.height
    encoder.pix_fmt, encoder.time_base = stream.pix_fmt, stream.time_base
    encoder.framerate = stream.average_rate or 25
    encoder.sample_aspect_ratio = stream.sample_aspect_ratio or 1
    encoder.thread_count = 1
    encoder.flags |= Flags.bitexact | Flags.global_header
    # No picture waits for a later one, so that the old times of decoding serve.
    encoder.options = {
        "crf": "18",
        "preset": "fast",
        "bf": "0",
        "g": "100000",
        "x264-params": f"sps-id={_OWN_NUMBER}:scenecut=0",
    }
    return encoder


def _length_prefixed(content: bytes) -> bytes:
    """Units behind start codes as containers hold them: behind their lengths."""
    units = content.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
