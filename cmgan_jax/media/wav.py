"""WAV files whose header is judged, not believed, and their plain samples.

Sizes in headers are wrong in many ways: written before the length was known, kept when
a file was cut, computed for another format. What is there decides; fields that agree
with it and with each other decide where it leaves a doubt.
"""

import dataclasses
import os
import struct
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.opening import MediaFile

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
# Programs that write to a pipe cannot know the length and promise about 2 or 4 GiB.
_NEAR = 1 << 16
_FAR_DATA = 1 << 20  # "data" is looked for this far behind a chunk of a wrong size
_SHORT_REST = 1 << 12  # bytes behind the data that are some tag, not samples
_BLOCK = 1 << 16


@dataclasses.dataclass(frozen=True)
class WavHeader:
    """What a WAV file holds, as far as header and file agree.

    Attributes:
      tag: the codec's number; EXTENSIBLE is resolved.
      channels: samples per frame.
      sample_rate: frames per second, in Hz.
      bits: per sample, as the header says.
      frame_bytes: bytes per frame, 0 where the codec is not plain.
      start: first byte of the data.
      held: bytes of data that are there.
      promised: bytes of data there should be; equal to held where nothing is missing.
      order: "<", or ">" for RIFX.
    """

    tag: int
    channels: int
    sample_rate: int
    bits: int
    frame_bytes: int
    start: int
    held: int
    promised: int
    order: str

    @property
    def plain(self) -> bool:
        """Whether the data are samples side by side, which need no decoder."""
        allowed = {PCM: (1, 2, 3, 4), FLOAT: (4, 8), A_LAW: (1,), MU_LAW: (1,)}
        width = self.frame_bytes // max(self.channels, 1)
        return width in allowed.get(self.tag, ())


def is_wav(head: bytes) -> bool:
    """Whether a file begins as WAV, RF64 or RIFX."""
    return head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def read_header(file: MediaFile) -> WavHeader:
    """Reads the header of a WAV file and judges where its data end.

    Raises:
      MediaError: unreadable, without a format or without data; truncated, it ends
        before its data.
    """
    order = ">" if file.head[:4] == b"RIFX" else "<"
    riff_end = 8 + struct.unpack(order + "I", file.head[4:8])[0]
    chunks = _chunks_until_data(file, order)
    if b"fmt " not in chunks or len(chunks[b"fmt "]) < 14:
        raise MediaError(
            file.path,
            "unreadable",
            "a WAV header without a format ('fmt ' chunk), so rate and channels are "
            "unknown: export it again.",
        )
    if b"data" not in chunks:
        raise MediaError(
            file.path, "truncated", "ends within its header, before any samples."
        )
    start, stated = chunks[b"data"]
    if stated == 0xFFFFFFFF and len(chunks.get(b"ds64", b"")) >= 16:
        stated = struct.unpack(order + "Q", chunks[b"ds64"][8:16])[0]
        riff_end = 8 + struct.unpack(order + "Q", chunks[b"ds64"][:8])[0]
    held, promised = _judge(
        file, start=start, stated=stated, riff_end=riff_end, order=order
    )
    tag, channels, rate, bits, frame = _format(chunks[b"fmt "], order)
    return WavHeader(tag, channels, rate, bits, frame, start, held, promised, order)


def _chunks_until_data(file: MediaFile, order: str) -> dict:
    """Contents of the small chunks by name, and (start, stated size) of the data."""
    chunks, position = {}, 12
    while position + 8 <= file.size:
        file.seek(position)
        name, size = struct.unpack(order + "4sI", file.read(8))
        if name == b"data":
            return chunks | {b"data": (position + 8, size)}
        if name in (b"fmt ", b"ds64"):
            chunks[name] = file.read(min(size, 256))
        position = _next_chunk(file, position + 8, size, order)
    return chunks


def _next_chunk(file: MediaFile, start: int, size: int, order: str) -> int:
    """Where the chunk after this one begins; the file's size if there is none."""
    # Some writers leave out the byte that pads an odd size.
    candidates = (start + size + size % 2, start + size)
    for candidate in candidates:
        file.seek(candidate)
        if file.read(4) == b"data":
            return candidate
    for candidate in candidates:
        if _is_chunk(file, candidate, order):
            return candidate
    # A wrong size, such as that of a longer comment: the data can be found by name.
    file.seek(start)
    found = file.read(_FAR_DATA).find(b"data")
    return start + found if found >= 0 else file.size


def _is_chunk(file: MediaFile, position: int, order: str) -> bool:
    """Whether a chunk's name stands here and its size ends within the file or data."""
    if position + 8 > file.size:
        return False
    file.seek(position)
    name, size = struct.unpack(order + "4sI", file.read(8))
    printable = all(32 <= byte < 127 for byte in name)
    return printable and (name == b"data" or position + 8 + size <= file.size)


def _judge(
    file: MediaFile, *, start: int, stated: int, riff_end: int, order: str
) -> tuple[int, int]:
    """Bytes of data held and promised, from three claims: size, RIFF size, file."""
    there = file.size - start
    unknown = stated >= 2**32 - _NEAR and stated < 2**32
    unknown = unknown or abs(stated - 2**31) <= _NEAR
    if unknown:
        return there, there
    # Both within one frame of the file's end: nothing was cut.
    riff_is_whole = abs(riff_end - file.size) <= 8
    if stated > there:
        whole = riff_is_whole or stated - there <= 8
        return there, there if whole else stated
    end = start + stated
    # A recorder that was stopped leaves both sizes behind what it wrote meanwhile.
    rest = there - stated
    agreed = abs(riff_end - end) <= 8 and rest <= stated
    if agreed or rest <= 8 or rest < min(_SHORT_REST, stated):
        return stated, stated
    for follows in (end + stated % 2, end):
        if _is_chunk(file, follows, order):
            return stated, stated
    file.seek(end)
    nothing_follows = not file.read(_BLOCK).strip(b"\0")
    if nothing_follows and stated > 0:
        return stated, stated
    # What follows is neither chunk nor padding, so it is the rest of the samples.
    return there, there


def _format(fmt: bytes, order: str) -> tuple[int, int, int, int, int]:
    """Codec, channels, rate, bits and bytes per frame of a 'fmt ' chunk.

    The byte rate is not used. Of the block alignment only what tells 24 bits stored in
    32 from 24 stored in 24.
    """
    fmt = fmt.ljust(16, b"\0")
    tag, channels, rate, _, align, bits = struct.unpack(order + "HHIIHH", fmt[:16])
    if tag == EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack(order + "H", fmt[24:26])[0]
    if tag not in (PCM, FLOAT, A_LAW, MU_LAW):
        return tag, channels, rate, bits, 0
    width = -(-bits // 8)
    if width == 3 and align == 4 * channels:
        width = 4
    return tag, channels, rate, bits, width * channels


def read_samples(
    file: MediaFile, header: WavHeader
) -> Iterator[Float[np.ndarray, "t c"]]:
    """The samples of a plain WAV, float32 in [-1, 1], in blocks.

    Raises:
      MediaError: at the end, truncated.
    """
    position, end = header.start, header.start + header.held
    block = max(1, _BLOCK // header.channels) * header.frame_bytes
    while end - position >= header.frame_bytes:
        file.seek(position)
        content = file.read(min(block, end - position))
        content = content[: len(content) // header.frame_bytes * header.frame_bytes]
        if not content:
            break
        position += len(content)
        yield _decode(content, header).reshape(-1, header.channels)
    require_all(file.path, header)


def require_all(path: str | os.PathLike, header: WavHeader) -> None:
    """Refuses data that were cut.

    Raises:
      MediaError: truncated.
    """
    if header.held < header.promised:
        raise MediaError(
            path,
            "truncated",
            f"holds {header.held} of the {header.promised} bytes of sound promised: "
            "copy it again, or keep the part that is there.",
        )


def _decode(content: bytes, header: WavHeader) -> Float[np.ndarray, " n"]:
    """Plain samples of any width as float32 in [-1, 1]."""
    width, order = header.frame_bytes // header.channels, header.order
    if header.tag == FLOAT:
        return np.frombuffer(content, f"{order}f{width}").astype(np.float32)
    if header.tag in (A_LAW, MU_LAW):
        table = _mu_law() if header.tag == MU_LAW else _a_law()
        return table[np.frombuffer(content, np.uint8)]
    if width == 1:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128
    if width == 3:
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        part = slice(1, 4) if order == "<" else slice(0, 3)
        wide[:, part] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        content = wide.tobytes()
    integers = np.frombuffer(content, f"{order}i{4 if width == 3 else width}")
    largest = 2.0 ** (8 * integers.itemsize - 1)
    return (integers / largest).astype(np.float32)


def _mu_law() -> Float[np.ndarray, "256"]:
    """ITU-T G.711 mu-law, the sample of every byte."""
    byte = ~np.arange(256).astype(np.uint8)
    exponent, mantissa = (byte >> 4 & 7).astype(int), (byte & 15).astype(int)
    magnitude = (((mantissa << 3) + 132) << exponent) - 132
    return np.where(byte & 128, -magnitude, magnitude).astype(np.float32) / 32768


def _a_law() -> Float[np.ndarray, "256"]:
    """ITU-T G.711 A-law, the sample of every byte."""
    byte = np.arange(256).astype(np.uint8) ^ 0x55
    exponent, mantissa = (byte >> 4 & 7).astype(int), (byte & 15).astype(int)
    magnitude = (mantissa << 4) + 8 + np.where(exponent > 0, 256, 0)
    magnitude = magnitude << np.maximum(exponent - 1, 0)
    return np.where(byte & 128, magnitude, -magnitude).astype(np.float32) / 32768
