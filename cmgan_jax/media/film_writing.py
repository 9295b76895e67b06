"""Films to files: H.264 and AAC in MP4, as every browser and telephone plays them.

The same pictures and samples give the same bytes: one thread encodes, and the day is
not written.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Interpolation
from jaxtyping import Float, UInt8

# Samples per second that AAC knows; other sounds are resampled to the greatest.
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_BITS_PER_CHANNEL = 96_000
_KEYFRAME_SECONDS = 4  # what a player decodes at most to show a moment
# 18 cannot be told from the original, 23 is the encoder's default.
_H264 = {"crf": "18", "preset": "fast"}
# faststart: the index stands in front, so that a browser plays before all is there.
_MP4 = {"movflags": "+faststart", "fflags": "+bitexact"}


class SoundStream:
    """AAC in a film that is being written."""

    def __init__(
        self,
        container: av.container.OutputContainer,
        *,
        sample_rate: int,
        channels: int,
    ):
        rate = sample_rate if sample_rate in _AAC_RATES else _AAC_RATES[-1]
        layout = "mono" if channels == 1 else "stereo"
        self._container = container
        self._stream = container.add_stream("aac", rate=rate, layout=layout)
        self._stream.bit_rate = channels * _BITS_PER_CHANNEL
        _be_exact(self._stream)
        self._rate, self._written = sample_rate, 0

    @property
    def seconds(self) -> float:
        """How long the sound lasts so far."""
        return self._written / self._rate

    def write(self, samples: Float[np.ndarray, "t c"]) -> None:
        """Goes on with samples, full scale [-1, 1], clipped there."""
        planes = np.ascontiguousarray(np.clip(samples, -1, 1).T, np.float32)
        layout = "mono" if len(planes) == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(planes, "fltp", layout)
        frame.sample_rate, frame.pts = self._rate, self._written
        frame.time_base = Fraction(1, self._rate)
        self._written += len(samples)
        self._container.mux(self._stream.encode(frame))

    def catch_up(
        self, seconds: float, blocks: Iterator[Float[np.ndarray, "t c"]]
    ) -> None:
        """Takes blocks until the sound lasts so long, or they end."""
        while self.seconds < seconds:
            block = next(blocks, None)
            if block is None:
                return
            self.write(block)

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


class FilmWriter:
    """A film that is being written; pictures and sound are given side by side.

    Attributes:
      sound: takes the samples.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        *,
        frame_rate: Fraction,
        size: tuple[int, int],
        sample_rate: int,
        channels: int,
    ):
        self._container = container
        self._pictures = _add_pictures(container, frame_rate, size)
        self.sound = SoundStream(container, sample_rate=sample_rate, channels=channels)
        self._shown = 0

    @property
    def seconds(self) -> float:
        """How long the pictures last so far."""
        return float(self._shown / self._pictures.average_rate)

    def show(self, pixels: UInt8[np.ndarray, "h w 3"]) -> None:
        """Shows a picture, enlarged or shrunk to the film's size, for one frame."""
        frame = _frame(pixels, self._pictures, self._shown)
        self._shown += 1
        self._container.mux(self._pictures.encode(frame))

    def catch_up(self, blocks: Iterator[Float[np.ndarray, "t c"]]) -> None:
        """Takes blocks of sound until it is as long as the pictures, or ends."""
        self.sound.catch_up(self.seconds, blocks)

    def finish(self) -> None:
        """Writes what the encoders still hold."""
        self._container.mux(self._pictures.encode(None))
        self.sound.finish()


@contextlib.contextmanager
def write_film(
    path: str | os.PathLike,
    *,
    frame_rate: Fraction,
    size: tuple[int, int],
    sample_rate: int,
    channels: int,
) -> Iterator[FilmWriter]:
    """Opens a film to be written; complete when all went well.

    Args:
      path: the file.
      frame_rate: pictures per second.
      size: height and width it is shown in, even numbers of pixels.
      sample_rate: of the samples that are given, in Hz.
      channels: of the sound, 1 or 2.
    """
    with open_mp4(path) as container:
        writer = FilmWriter(
            container,
            frame_rate=frame_rate,
            size=size,
            sample_rate=sample_rate,
            channels=channels,
        )
        yield writer
        writer.finish()


def encode_part(
    pictures: UInt8[np.ndarray, "n h w 3"],
    *,
    frame_rate: Fraction,
    size: tuple[int, int],
) -> UInt8[np.ndarray, " b"]:
    """The pictures of a part of a film, encoded, for a `PartedFilm` of the same kind.

    Args:
      pictures: each shown for one frame, enlarged or shrunk to the size.
      frame_rate: of the film, pictures per second.
      size: height and width of the film, even numbers of pixels.
    """
    content = io.BytesIO()
    with av.open(content, "w", format="mp4", options={"fflags": "+bitexact"}) as part:
        stream = _add_pictures(part, frame_rate, size)
        for number, pixels in enumerate(pictures):
            part.mux(stream.encode(_frame(pixels, stream, number)))
        part.mux(stream.encode(None))
    return np.frombuffer(content.getvalue(), np.uint8)


class PartedFilm:
    """A film whose parts were encoded before, with a sound that is encoded now.

    Attributes:
      sound: takes the samples.
      seconds: how long the pictures last so far.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        first: UInt8[np.ndarray, " b"],
        *,
        sample_rate: int,
        channels: int,
    ):
        """Begins a film of parts like the first, which is not yet shown."""
        with _opened(first) as part:
            (stream,) = part.streams
            self._pictures = container.add_stream_from_template(stream)
        self.sound = SoundStream(container, sample_rate=sample_rate, channels=channels)
        self._container, self.seconds = container, Fraction(0)

    def append(
        self,
        part: UInt8[np.ndarray, " b"],
        blocks: Iterator[Float[np.ndarray, "t c"]],
    ) -> None:
        """Goes on with a part, and with sound of the blocks beside it."""
        with _opened(part) as source:
            (stream,) = source.streams
            begin = round(self.seconds / stream.time_base)
            for packet in source.demux(stream):
                if not packet.size:  # what demuxing ends with
                    continue
                packet.pts, packet.dts = packet.pts + begin, packet.dts + begin
                self.sound.catch_up(float(packet.dts * packet.time_base), blocks)
                packet.stream = self._pictures
                self._container.mux(packet)
            self.seconds += stream.frames / stream.average_rate


def _opened(part: UInt8[np.ndarray, " b"]) -> av.container.InputContainer:
    return av.open(io.BytesIO(part.tobytes()), format="mp4")


def open_mp4(path: str | os.PathLike) -> av.container.OutputContainer:
    """An MP4 to be written."""
    return av.open(os.fspath(path), "w", format="mp4", options=_MP4)


def _add_pictures(
    container: av.container.OutputContainer,
    frame_rate: Fraction,
    size: tuple[int, int],
) -> av.VideoStream:
    stream = container.add_stream("libx264", rate=frame_rate, options=dict(_H264))
    stream.height, stream.width = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.gop_size = max(1, round(_KEYFRAME_SECONDS * frame_rate))
    stream.codec_context.thread_count = 1
    _be_exact(stream)
    return stream


def _frame(
    pixels: UInt8[np.ndarray, "h w 3"], stream: av.VideoStream, number: int
) -> av.VideoFrame:
    """A picture in the size of a stream, as the frame of this number."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels)).reformat(
        width=stream.width,
        height=stream.height,
        format="yuv420p",
        interpolation=Interpolation.BICUBIC,
    )
    frame.pts, frame.time_base = number, 1 / stream.average_rate
    return frame


def _be_exact(stream: av.stream.Stream) -> None:
    """Leaves out of the file what differs from day to day."""
    stream.codec_context.flags |= av.codec.context.Flags.bitexact
