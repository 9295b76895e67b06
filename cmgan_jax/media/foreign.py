"""What a file is that is neither sound nor picture, and what to do about it."""

import os

_BY_FIRST_BYTES = (
    (b"\x00\x05\x16\x07", "it is the companion (AppleDouble) that macOS writes beside "
     "a file on foreign disks; the file itself has the name without '._'"),
    (b"version https://git-lfs", "it is a Git LFS pointer: run git lfs pull"),
    (b"<!DOCTYPE", "it is a web page, most likely the error page of a failed "
     "download: fetch it again"),
    (b"<html", "it is a web page, most likely the error page of a failed download: "
     "fetch it again"),
    (b"<svg", "it is an SVG drawing: export it as PNG"),
    (b"<?xml", "it is an XML document; a drawing can be exported as PNG"),
    (b"PK\x03\x04", "it is a zip archive: unpack it"),
    (b"\x1f\x8b", "it is compressed by gzip: unpack it"),
    (b"Rar!", "it is a RAR archive: unpack it"),
    (b"7z\xbc\xaf", "it is a 7z archive: unpack it"),
    (b"%PDF", "it is a PDF document: export its pages as PNG"),
    (b"%!PS", "it is a PostScript document: export it as PNG"),
    (b"MThd", "it is MIDI, which holds notes and no sound: render it as WAV"),
    (b"#EXTM3U", "it is a playlist: give the sounds it lists"),
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")
# Matroska and WebM, Ogg, MPEG, Flash, Windows Media; MPEG-TS begins with a G.
_FILMS = (b"\x1aE\xdf\xa3", b"OggS", b"\0\0\1\xba", b"FLV\1", b"\x30&\xb2u")
_HEADERLESS = (".raw", ".pcm", ".snd", ".sw", ".vox")


def is_heif(head: bytes) -> bool:
    """Whether a file begins as HEIC and HEIF pictures do."""
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS


def is_film_head(head: bytes) -> bool:
    """Whether a file begins as films do; some with sound only begin so as well."""
    boxes = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    if boxes:
        return not is_heif(head) and head[8:12] not in _AVIF_BRANDS
    stream = head.startswith(b"G") and not head.startswith(b"GIF")
    return stream or head.startswith(_FILMS) or head[8:12] == b"AVI "


def what_it_is(head: bytes) -> str:
    """A clause that says what a file begins as and what to do, or nothing.

    Args:
      head: its first 64 bytes.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for first, clause in _BY_FIRST_BYTES:
        if start[: len(first)].lower() == first.lower():
            return clause
    return ""


def why_no_sound(path: str, head: bytes) -> str:
    """A sentence on a file that no reader of sounds takes, and the mend."""
    clause = what_it_is(head)
    if clause:
        return f"not a sound: {clause}."
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _HEADERLESS:
        return (
            f"{suffix} files hold samples without saying their rate and format. With "
            "what you know of them: ffmpeg -f s16le -ar 44100 -ac 1 -i IN.raw OUT.wav"
        )
    return (
        "not a sound that libsndfile or FFmpeg recognises; expected WAV, FLAC, OGG, "
        "MP3, AIFF, M4A or another of their formats. A program that plays it can "
        "export it as WAV."
    )


def is_damaged_picture(head: bytes) -> bool:
    """Whether a file that Pillow does not take begins as pictures do all the same."""
    first = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
    return head.startswith(first) or head[8:12] == b"WEBP"


def why_no_picture(head: bytes, *, heif_is_known: bool) -> str:
    """A sentence on a file that Pillow does not take, and the mend."""
    clause = what_it_is(head)
    if clause:
        return f"not a picture: {clause}."
    if is_heif(head) and heif_is_known:
        return "begins as a HEIC picture, but is damaged or cut off: copy it again."
    if is_heif(head):
        return (
            "a HEIC picture, which pillow-heif reads: pip install 'cmgan_jax[heif]'; "
            "or export it as JPEG."
        )
    if is_film_head(head):
        return (
            "no picture but a film or sound; ffmpeg -i FILM -vf fps=1 PICTURE_%03d.png "
            "takes pictures out of a film."
        )
    return (
        "not a picture that Pillow reads; expected JPEG, PNG, WebP, TIFF or another "
        "of its formats. A program that shows it can export it as PNG."
    )
