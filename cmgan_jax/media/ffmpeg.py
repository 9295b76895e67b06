"""Compressed sounds and the sound of films through PyAV, whose wheel carries FFmpeg.

FFmpeg decodes what it can and says little about what it could not; what is missing is
found here by what the formats themselves promise.
"""

import dataclasses
from collections.abc import Iterator

import av
import numpy as np
from av import FFmpegError as FfmpegError
from jaxtyping import Float

from cmgan_jax.media.containers import what_is_missing
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.foreign import is_film_head
from cmgan_jax.media.opening import MediaFile

# Only these are tried: FFmpeg's playlists would open other files, its drawings and
# games are no sounds people have.
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gsm,loas,matroska,mov,"
    "mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,ogg,rm,tak,tta,voc,w64,wav,wv"
)
# Titles in other encodings end nothing; PyAV 19 keeps them, and has no such argument.
_ODD_TITLES = (
    {} if int(av.__version__.split(".")[0]) > 18 else {"metadata_errors": "ignore"}
)
# Between the sound's clock and its samples, before a gap is one.
_LARGEST_GAP = 0.05
_BLOCK = 1 << 16
_ADVICE = "copy it again, or keep the part that is there."


def is_recognisable(head: bytes) -> bool:
    """Whether a file begins as common sounds and films do, whatever follows."""
    form = head[8:12] in (b"WAVE", b"AIFF", b"AIFC")
    return head.startswith((b"fLaC", b"ID3")) or is_film_head(head) or form


def open_container(file: MediaFile) -> av.container.InputContainer:
    """An open file as FFmpeg sees it; nothing of it is decoded.

    Raises:
      FfmpegError: it is none of the formats above, or its header is damaged.
    """
    options = {"format_whitelist": _FORMATS}
    return av.open(file, options=options, **_ODD_TITLES)


@dataclasses.dataclass
class _Heard:
    """What was met while decoding; filled as it goes.

    Attributes:
      samples: frames decoded.
      packets: packets read.
      failed: packets that could not be decoded, after the first that could.
      failed_in_a_row: of these, the ones since the last good packet.
      gaps: seconds that the sound's clock ran ahead of its samples.
      clock: time the next frame should have, in seconds; None before the first.
      broken: what FFmpeg said where it could read no further, or empty.
    """

    samples: int = 0
    packets: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    gaps: float = 0.0
    clock: float | None = None
    broken: str = ""


class FfmpegSound:
    """An open sound; `blocks` may be called once.

    Attributes:
      sample_rate: frames per second, in Hz, of the first decoded frame.
      channels: of the first decoded frame.
    """

    def __init__(self, file: MediaFile):
        self._file = file
        self._heard = _Heard()
        self._container = open_container(file)
        try:
            self._stream = self._container.streams.best("audio")
            if self._stream is None:
                reason = "a film or container without sound."
                raise MediaError(file.path, "not_audio", reason)
            if self._container.format.name == "flac":
                # Else frames with a wrong checksum pass for sound.
                self._stream.codec_context.options = {"err_detect": "crccheck+explode"}
            self._frames = self._decode()
            self._first = next(self._frames, None)
        except BaseException:
            self.close()
            raise
        if self._first is None:
            self.close()
            raise MediaError(file.path, *_nothing_decoded(self._heard))
        self.sample_rate = self._first.sample_rate
        self.channels = self._first.layout.nb_channels

    def close(self) -> None:
        """Gives FFmpeg's memory back."""
        self._container.close()

    def blocks(self) -> Iterator[Float[np.ndarray, "t c"]]:
        """The samples to the end of the stream, float32, about [-1, 1], in blocks.

        Raises:
          MediaError: unreadable, rate or channels change on the way; at the end,
            damaged or truncated.
        """
        waiting, count = [_samples(self._first)], self._first.samples
        for frame in self._frames:
            self._require_same(frame)
            waiting.append(_samples(frame))
            count += frame.samples
            if count * self.channels >= _BLOCK:
                yield np.concatenate(waiting)
                waiting, count = [], 0
        if waiting:
            yield np.concatenate(waiting)
        self._require_whole()

    def _decode(self) -> Iterator[av.AudioFrame]:
        """Every frame that can be decoded, in order."""
        heard = self._heard
        for packet in self._packets():
            heard.packets += packet.size > 0
            try:
                frames = packet.decode()
            except av.error.EOFError:
                return
            except (FfmpegError, ValueError):
                heard.failed += heard.samples > 0
                heard.failed_in_a_row += heard.samples > 0
                continue
            for frame in frames:
                heard.failed_in_a_row = 0
                self._follow_clock(frame)
                yield frame

    def _packets(self) -> Iterator[av.Packet]:
        """All packets that can be read."""
        try:
            yield from self._container.demux(self._stream)
        except MemoryError:
            raise
        except FfmpegError as error:
            self._heard.broken = f"after {self._heard.packets} pieces: {error.strerror}"

    def _follow_clock(self, frame: av.AudioFrame) -> None:
        heard = self._heard
        if heard.clock is not None and frame.time is not None:
            ahead = frame.time - heard.clock
            heard.gaps += ahead if ahead > _LARGEST_GAP else 0.0
        heard.samples += frame.samples
        if frame.time is not None:
            heard.clock = frame.time + frame.samples / frame.sample_rate

    def _require_same(self, frame: av.AudioFrame) -> None:
        now = (frame.sample_rate, frame.layout.nb_channels)
        if now != (self.sample_rate, self.channels):
            at = self._heard.samples / self.sample_rate
            raise MediaError(
                self._file.path,
                "damaged",
                f"changes from {self.sample_rate} Hz and {self.channels} channels to "
                f"{now[0]} Hz and {now[1]} at {at:.1f} s: split it there, convert it "
                "to WAV, or keep the part before.",
            )

    def _require_whole(self) -> None:
        """Compares what was decoded with what the format promises."""
        heard, name = self._heard, self._container.format.name
        seconds = heard.samples / self.sample_rate
        # What fails at the very end was cut; of a stream of frames it is a tag.
        last = heard.failed_in_a_row
        failed, gaps = heard.failed - last, name in ("ogg", "flac") and heard.gaps
        missing = self._missing(seconds)
        kind, clause = "damaged", ""
        if failed:
            clause = f"{failed} of {heard.packets} pieces cannot be decoded"
        elif gaps:
            clause = f"{heard.gaps:.2f} s are missing between its pieces"
        elif missing:
            kind, clause = "truncated", missing
        elif heard.broken:
            clause = heard.broken
        elif last and name not in ("mp3", "aac"):
            clause = f"the last {last} of {heard.packets} pieces cannot be decoded"
        if clause:
            raise MediaError(
                self._file.path,
                kind,
                f"{clause}; {seconds:.2f} s of sound are there: {_ADVICE}",
            )

    def _missing(self, seconds: float) -> str:
        """What says that the end is missing, or nothing."""
        name, stream = self._container.format.name, self._stream
        if self._file.exhausted:
            return "reading it leads in circles"
        if name == "flac" and stream.duration:
            promised = float(stream.duration * stream.time_base)
            # The header's length; 0 where it was not known.
            if promised - seconds > 1.5 / self.sample_rate:
                return f"holds {seconds:.2f} of {promised:.2f} s promised"
        if name.startswith("mov") and stream.frames > self._heard.packets:
            return f"holds {self._heard.packets} of {stream.frames} pieces promised"
        return what_is_missing(self._file)


def _nothing_decoded(heard: _Heard) -> tuple[str, str]:
    if heard.packets == 0:
        return "zero_length", "the sound holds no samples."
    return (
        "unreadable",
        f"none of its {heard.packets} pieces can be decoded: copy it again from where "
        "it came from.",
    )


def _samples(frame: av.AudioFrame) -> Float[np.ndarray, "t c"]:
    """A frame of any sample format as float32, about [-1, 1]."""
    values = frame.to_ndarray()
    if frame.format.is_planar:
        values = values.T
    else:
        values = values.reshape(-1, frame.layout.nb_channels)
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128) / 128
    if values.dtype.kind == "i":
        return (values / 2.0 ** (8 * values.itemsize - 1)).astype(np.float32)
    return values.astype(np.float32, copy=False)
