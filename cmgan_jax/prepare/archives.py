"""Archives: every member is checked before anything is unpacked.

Nothing but folders and regular files comes out of an archive, below the folder it is
unpacked into, and no more bytes than its own table promises.
"""

import os
import pathlib
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from cmgan_jax.runtime.names import shown

# Deflate reaches 1,032 on zeros; a gigabyte of pictures and sounds reaches 20.
BOMB_RATIO = 200
BOMB_BYTES = 1 << 30
MEMBERS = 5_000_000
_BLOCK = 1 << 20
_ZIP_METHODS = {
    zipfile.ZIP_STORED: "stored",
    zipfile.ZIP_DEFLATED: "deflate",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "lzma",
}
_OTHER_METHODS = {1: "shrink", 6: "implode", 9: "deflate64", 93: "Zstandard"}
_OTHER_METHODS |= {95: "xz", 98: "PPMd", 99: "AES encryption"}
# What files begin with that people take for archives like any other.
_FOREIGN = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"MSCF": "a Windows cabinet",
}
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_AGAIN = "Fetch or make the archive again."
_BY_HAND = "Unpack it yourself and give the folder."


class ArchiveError(ValueError):
    """An archive that is not unpacked; says why and what to do."""

    def __init__(self, source: pathlib.Path, reason: str, mend: str):
        super().__init__(f"{shown(source)} {reason} {mend}")


def unpack(source: pathlib.Path, scratch: pathlib.Path) -> None:
    """Unpacks a zip or tar archive, plain or compressed by gzip, bzip2 or xz.

    Args:
      source: the archive; recognised by its bytes, not by its name.
      scratch: an empty folder.

    Raises:
      ArchiveError: it is none, is damaged, encrypted, compressed otherwise, would not
        fit on the disk, or has a member that does not belong into an archive of media.
    """
    start = _start(source)
    for magic, kind in _FOREIGN.items():
        if start.startswith(magic):
            raise ArchiveError(source, f"is {kind}; expected zip or tar.", _BY_HAND)
    is_zip = start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))
    with _damage_named(source, start):
        if is_zip or zipfile.is_zipfile(source):
            _unpack_zip(source, scratch)
        else:
            _unpack_tar(source, scratch)


def _start(source: pathlib.Path) -> bytes:
    mode = source.stat().st_mode
    if not stat.S_ISREG(mode):
        reason = "is neither a folder nor a file."
        raise ArchiveError(source, reason, "Give a folder or an archive.")
    with source.open("rb") as file:
        start = file.read(512)
    if not start:
        raise ArchiveError(source, "is empty (0 bytes).", _AGAIN)
    return start


@contextmanager
def _damage_named(source: pathlib.Path, start: bytes) -> Iterator[None]:
    """Turns what the libraries raise over an archive into one sentence."""
    try:
        yield
    except ArchiveError:
        raise
    except PermissionError as error:
        raise ArchiveError(source, f"{error}.", "Mend the permissions.") from error
    except tarfile.ReadError as error:
        if start.startswith(_PACKED) or start[257:262] == b"ustar":
            reason = f"is damaged or cut short ({_first_line(error)})."
            raise ArchiveError(source, reason, _AGAIN) from error
        reason = (
            "is neither a folder nor a zip or tar archive that can be unpacked "
            f"({_first_line(error)})."
        )
        mend = "Give the folder that holds the folders of media, or its archive."
        raise ArchiveError(source, reason, mend) from error
    except EOFError as error:
        raise ArchiveError(source, "is cut short.", _AGAIN) from error
    except Exception as error:
        # zipfile, tarfile and the decompressors raise whatever damaged bytes lead
        # to: BadZipFile, zlib.error, LZMAError, OSError, struct.error and others.
        reason = f"is damaged ({_first_line(error)})."
        raise ArchiveError(source, reason, _AGAIN) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".:")


def _unpack_zip(source: pathlib.Path, scratch: pathlib.Path) -> None:
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        reason = (
            "is neither a folder nor a zip archive that can be unpacked: its table of "
            f"contents, at its end, is missing or damaged ({error}): cut short?"
        )
        raise ArchiveError(source, reason, _AGAIN) from error
    with archive:
        members = []
        for info in archive.infolist():
            if info.is_dir() or info.filename.endswith("\\"):
                continue
            _require_zip_member(source, info)
            members.append((info.filename, info.file_size, info))
        _unpack(source, scratch, members, archive.open)


def _require_zip_member(source: pathlib.Path, info: zipfile.ZipInfo) -> None:
    name = shown(info.filename)
    if info.flag_bits & 1:
        reason = f"is encrypted (member {name})."
        raise ArchiveError(source, reason, f"{_BY_HAND[:-1]}, with its password.")
    if info.compress_type not in _ZIP_METHODS:
        method = info.compress_type
        method = _OTHER_METHODS.get(method, f"method {method}")
        known = ", ".join(_ZIP_METHODS.values())
        reason = f"has a member compressed by {method} ({name}); read are {known}."
        raise ArchiveError(source, reason, _BY_HAND)
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        _refuse_kind(source, name, link=stat.S_ISLNK(mode))


def _unpack_tar(source: pathlib.Path, scratch: pathlib.Path) -> None:
    with tarfile.open(source, "r:*") as archive:
        members = []
        for member in archive:
            if member.isdir():
                continue
            if not member.isreg():
                name, link = shown(member.name), member.issym() or member.islnk()
                _refuse_kind(source, name, link=link)
            members.append((member.name, member.size, member))
            _require_few(source, len(members))
        _require_end(source, archive)
        _unpack(source, scratch, members, archive.extractfile)


def _require_end(source: pathlib.Path, archive: tarfile.TarFile) -> None:
    """Reads to the end, where compressed files keep the checksum of all before."""
    # Python takes the end of the file for the end of the archive.
    archive.fileobj.seek(archive.offset)
    if not archive.fileobj.read(1):
        reason = "is cut short: its end mark is missing."
        raise ArchiveError(source, reason, _AGAIN)
    for _ in range(BOMB_BYTES // _BLOCK):
        if not archive.fileobj.read(_BLOCK):
            break


def _refuse_kind(source: pathlib.Path, name: str, *, link: bool) -> None:
    kind = "a link" if link else "a device, pipe or socket"
    reason = f"has a member that is {kind} ({name}); only files are unpacked."
    mend = "Make the archive again with the files themselves (tar --dereference)."
    raise ArchiveError(source, reason, mend if link else "Leave it out.")


def _require_few(source: pathlib.Path, count: int) -> None:
    if count > MEMBERS:
        reason = f"has more than {MEMBERS:,} members."
        raise ArchiveError(source, reason, _BY_HAND)


def _unpack(
    source: pathlib.Path,
    scratch: pathlib.Path,
    members: list[tuple[str, int, object]],
    open_member: Callable[[object], IO[bytes]],
) -> None:
    """Writes (name, size, member) below scratch once all of them are checked."""
    _require_few(source, len(members))
    _require_room(source, scratch, sum(size for _, size, _ in members))
    targets = [_target(source, scratch, name) for name, _, _ in members]
    for (name, size, member), target in zip(members, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_member(member) as packed, target.open("wb") as file:
            left = size
            while block := packed.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    reason = f"has a member longer than its table says ({shown(name)})."
                    raise ArchiveError(source, reason, _AGAIN)
                file.write(block)
        if left:
            reason = f"has a member that is cut short ({shown(name)})."
            raise ArchiveError(source, reason, _AGAIN)


def _require_room(source: pathlib.Path, scratch: pathlib.Path, total: int) -> None:
    packed = source.stat().st_size
    if total > BOMB_BYTES and total > BOMB_RATIO * packed:
        reason = (
            f"would unpack {packed:,} bytes to {total:,}, more than {BOMB_RATIO} times "
            "as many: media do not compress like that."
        )
        raise ArchiveError(source, reason, "If you trust it, unpack it yourself.")
    free = shutil.disk_usage(scratch).free
    if total > free:
        reason = (
            f"unpacks to {total:,} bytes; {free:,} are free at {shown(scratch.parent)}."
        )
        raise ArchiveError(source, reason, "Make room or choose another --output.")


def _target(source: pathlib.Path, scratch: pathlib.Path, name: str) -> pathlib.Path:
    """Where a member goes: below scratch, or nowhere."""
    parts = name.replace("\\", "/").split("/")
    drive = len(parts[0]) == 2 and parts[0][1] == ":"
    if not parts[0] or drive or ".." in parts or "\0" in name:
        reason = (
            "has a member that would be written outside the folder it is unpacked "
            f"into ({shown(name)})."
        )
        raise ArchiveError(source, reason, "Do not trust this archive.")
    inside = [part for part in parts if part not in ("", ".")]
    if not inside:
        raise ArchiveError(source, "has a member without a name.", _AGAIN)
    target = scratch.joinpath(*inside)
    if os.path.commonpath([scratch.resolve(), target.resolve()]) != str(
        scratch.resolve()
    ):
        raise ArchiveError(
            source, f"has a member that leads outside ({shown(name)}).", _BY_HAND
        )
    return target
