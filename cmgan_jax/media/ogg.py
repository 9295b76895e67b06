"""Pages of an Ogg stream: whether one is missing, damaged or cut.

Decoders pass over what is wrong with them and give the rest without a word.
"""

import dataclasses
import struct
import zlib

from cmgan_jax.media.opening import MediaFile

_HEADER = 27
# zlib's checksum takes the bits of a byte from the other end.
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclasses.dataclass(frozen=True)
class OggPages:
    """What is wrong with the pages.

    Attributes:
      missing: a clause that says that the end is missing, or empty.
      damaged: a clause that says that pages are damaged or missing, or empty.
    """

    missing: str
    damaged: str


def check_pages(file: MediaFile) -> OggPages:
    """Goes through all pages of a file."""
    position, pages, bad, cut = 0, 0, 0, False
    next_number: dict[bytes, int] = {}
    while position < file.size:
        page = _read_page(file, position)
        if page is None:
            found = _find_page(file, position + 1)
            # Something appended is no page; something in between replaces one.
            bad += found < file.size
            position = found
            continue
        if position + len(page) > file.size or len(page) < _page_length(page):
            cut = True
            break
        serial, number = page[14:18], struct.unpack("<I", page[18:22])[0]
        pages += 1
        bad += not _is_intact(page) or number != next_number.get(serial, number)
        next_number[serial] = number + 1
        position += len(page)
    return OggPages(
        missing="its last page breaks off" if cut or pages == 0 else "",
        damaged=f"{bad} of its pages are damaged or missing" if bad else "",
    )


def _read_page(file: MediaFile, position: int) -> bytes | None:
    """The page that begins here, less of it at the end of the file, or None."""
    file.seek(position)
    header = file.read(_HEADER)
    if not header.startswith(b"OggS"):
        return None
    if len(header) < _HEADER:
        return header
    page = header + file.read(header[26])
    return page + file.read(_page_length(page) - len(page))


def _page_length(page: bytes) -> int:
    """How long a page is by its own table; one more than it has if that is cut."""
    if len(page) < _HEADER or len(page) < _HEADER + page[26]:
        return len(page) + 1
    table = page[_HEADER : _HEADER + page[26]]
    return _HEADER + len(table) + sum(table)


def _is_intact(page: bytes) -> bool:
    """Whether the page's checksum is right (RFC 3533, section 6, number 7)."""
    stated = struct.unpack("<I", page[22:26])[0]
    content = page[:22] + bytes(4) + page[26:]
    reversed_sum = zlib.crc32(content.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return stated == int(f"{reversed_sum:032b}"[::-1], 2)


def _find_page(file: MediaFile, position: int) -> int:
    """Where the next page begins; the file's size if there is none."""
    while position < file.size:
        file.seek(position)
        content = file.read(1 << 20)
        found = content.find(b"OggS")
        if found >= 0:
            return position + found
        if len(content) < 4:
            break
        position += len(content) - 3
    return file.size
