"""Where a file should end, by the framing of its container.

Lengths in samples or seconds are often wrong and are not looked at here; a box, page or
segment that goes on behind the end of the file was cut.
"""

import struct

from cmgan_jax.media.ogg import check_pages
from cmgan_jax.media.opening import MediaFile

_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"moof", b"sidx")
# Some encoders count the frame that holds the Xing header, some do not.
_MP3_FRAME = 1500


def what_is_missing(file: MediaFile) -> str:
    """A clause that says how a file breaks off, or nothing where it does not show."""
    if file.head.startswith(b"OggS"):
        return check_pages(file).missing
    if file.head.startswith(_EBML):
        return _cut_matroska(file)
    if file.head[4:8] in _BOXES:
        return _cut_boxes(file)
    return _cut_mp3(file)


def _cut_matroska(file: MediaFile) -> str:
    """Reads the size of the segment, which holds everything; recorders may omit it."""
    file.seek(0)
    start = file.read(256)
    header, size = _ebml_size(start, 4)
    segment = size + header
    if start[segment : segment + 4] != _SEGMENT:
        return ""
    begin, size = _ebml_size(start, segment + 4)
    if begin == 0 or begin + size <= file.size:
        return ""
    return f"holds {file.size} of {begin + size} bytes promised"


def _ebml_size(content: bytes, position: int) -> tuple[int, int]:
    """Where an element's content begins, and its size; (0, 0) where it says none."""
    first = content[position] if position < len(content) else 0
    length = 9 - first.bit_length()
    digits = content[position : position + length]
    if first == 0 or len(digits) < length:
        return 0, 0
    size = int.from_bytes(digits, "big") - (1 << 7 * length)
    unknown = size == (1 << 7 * length) - 1
    return (0, 0) if unknown else (position + length, size)


def _cut_boxes(file: MediaFile) -> str:
    """Walks the outermost boxes of MP4 and MOV."""
    position, boxes = 0, 0
    while position + 8 <= file.size and boxes < 10_000:
        file.seek(position)
        size, name = struct.unpack(">I4s", file.read(8))
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        # Size 0 goes to the end of the file; other names are something appended.
        if size < 8 or not name.isalnum():
            return ""
        position, boxes = position + size, boxes + 1
        if position > file.size:
            shown = name.decode("latin-1")
            return f"breaks off within its box {shown!r}, at {file.size} bytes"
    return ""


def _cut_mp3(file: MediaFile) -> str:
    """Reads the number of bytes in an MP3's Xing header.

    The header's number of frames is not believed: with all bytes there, it is wrong.
    """
    file.seek(0)
    content, start = file.read(1 << 12), 0
    if content[:3] == b"ID3" and len(content) >= 10:
        size = 0
        for byte in content[6:10]:
            size = size << 7 | byte & 127
        start = 10 + size
        file.seek(start)
        content = file.read(1 << 12)
    if not content.startswith(b"\xff"):
        return ""
    for name in (b"Xing", b"Info"):
        at = content.find(name)
        if at < 0 or len(content) < at + 16:
            continue
        flags = struct.unpack(">I", content[at + 4 : at + 8])[0]
        skipped = 12 if flags & 1 else 8
        promised = start + int.from_bytes(content[at + skipped : at + skipped + 4])
        if flags & 2 and file.size < promised - _MP3_FRAME:
            return f"holds {file.size} of {promised} bytes promised"
    return ""
