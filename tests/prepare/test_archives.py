"""Archives: unpacked whole, or refused in one sentence with nothing written."""

import io
import pathlib
import shutil
import tarfile
import zipfile

import numpy as np
import pytest

from cmgan_jax.prepare import archives
from cmgan_jax.prepare.archives import ArchiveError, unpack
from cmgan_jax.prepare.folders import open_source

NAMES = ("img/cat/a.png", "audio/cat/a.wav")


def content(name: str) -> bytes:
    rng = np.random.default_rng(len(name))
    return rng.integers(0, 256, 40_000, dtype=np.uint8).tobytes()


@pytest.fixture
def packed(tmp_path):
    """Makes an archive of two files: its path, by shutil's name of the format."""
    for name in NAMES:
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(name))

    def made(form: str) -> pathlib.Path:
        base = tmp_path / "made"
        return pathlib.Path(shutil.make_archive(base, form, tmp_path / "own"))

    return made


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "outer" / "scratch"
    folder.mkdir(parents=True)
    return folder


def files_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refused(archive, scratch, *messages):
    """The one sentence; nothing was written, beside the folder least of all."""
    before = files_in(scratch.parent.parent)
    with pytest.raises(ArchiveError) as raised:
        unpack(archive, scratch)
    said = str(raised.value)
    assert said.startswith(f"{archive} ") and "\n" not in said
    assert all(message in said for message in messages), said
    assert files_in(scratch.parent.parent) == before


@pytest.mark.parametrize("form", ["zip", "tar", "gztar", "bztar", "xztar"])
def test_all_formats_whatever_their_name(packed, scratch, form):
    archive = packed(form)
    renamed = archive.rename(archive.with_name("download"))
    unpack(renamed, scratch)
    assert files_in(scratch) == {name: content(name) for name in NAMES}


@pytest.mark.parametrize("form", ["zip", "tar", "gztar", "bztar", "xztar"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
def test_cut_short(packed, scratch, form, share):
    archive = packed(form)
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    refused(archive, scratch, "the archive again")


def test_a_tar_cut_between_two_members(packed, scratch):
    archive = packed("tar")
    with tarfile.open(archive) as opened:
        second = opened.getmembers()[-1].offset
    archive.write_bytes(archive.read_bytes()[:second])
    refused(archive, scratch, "end mark is missing")


@pytest.mark.parametrize("form", ["gztar", "bztar", "xztar"])
def test_damage_inside_a_compressed_tar(packed, scratch, form):
    archive = packed(form)
    damaged = bytearray(archive.read_bytes())
    for place in range(len(damaged) // 2, len(damaged) // 2 + 100):
        damaged[place] ^= 0x55
    archive.write_bytes(damaged)
    with pytest.raises(ArchiveError, match=r"the archive again\.$"):
        unpack(archive, scratch)


def test_damage_inside_a_zip(packed, scratch):
    archive = packed("zip")
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 0x55
    archive.write_bytes(damaged)
    with pytest.raises(ArchiveError, match=r"is damaged \(.*the archive again\.$"):
        unpack(archive, scratch)


def mark_members(archive, place, value):
    """Writes bytes into both headers of every member of a zip."""
    marked = bytearray(archive.read_bytes())
    for magic, offset in ((b"PK\x03\x04", place), (b"PK\x01\x02", place + 2)):
        at = -1
        while (at := marked.find(magic, at + 1)) >= 0:
            marked[at + offset : at + offset + len(value)] = value
    archive.write_bytes(marked)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (6, b"\x01", "is encrypted"),
        (8, b"\x09\x00", "compressed by deflate64"),
        (8, b"\x5d\x00", "compressed by Zstandard"),
        (8, b"\x4d\x00", "compressed by method 77"),
    ],
)
def test_zips_that_need_another_program(packed, scratch, place, value, message):
    archive = packed("zip")
    mark_members(archive, place, value)
    refused(archive, scratch, message, "Unpack it yourself")


def write_zip(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in members:
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, b"hello")
    return path


OUTSIDE = ["/etc/x", "../x", "a/../../x", "..\\x", "C:/x", "C:\\x", "\\\\host\\x"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_member_of_a_zip_leaves_the_folder(tmp_path, scratch, name):
    archive = write_zip(tmp_path / "x.zip", ("good", 0), (name, 0))
    refused(archive, scratch, "outside")


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_member_of_a_tar_leaves_the_folder(tmp_path, scratch, name):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("good"))
        archive.addfile(tarfile.TarInfo(name))
    refused(tmp_path / "x.tar", scratch, "outside")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.FIFOTYPE, "is a device, pipe"),
        (tarfile.CHRTYPE, "is a device, pipe"),
    ],
)
def test_only_files_and_folders_come_out_of_a_tar(tmp_path, scratch, kind, message):
    member = tarfile.TarInfo("odd")
    member.type, member.linkname = kind, "good"
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("good"))
        archive.addfile(member)
    refused(tmp_path / "x.tar", scratch, "odd", message)


@pytest.mark.parametrize(
    ("mode", "message"), [(0o120777, "is a link"), (0o010644, "is a device, pipe")]
)
def test_only_files_and_folders_come_out_of_a_zip(tmp_path, scratch, mode, message):
    archive = write_zip(tmp_path / "x.zip", ("good", 0), ("odd", mode))
    refused(archive, scratch, "odd", message)


def test_backslashes_are_folders(tmp_path, scratch):
    archive = write_zip(tmp_path / "x.zip", ("img\\cat\\a.png", 0), ("audio\\b", 0))
    unpack(archive, scratch)
    assert set(files_in(scratch)) == {"img/cat/a.png", "audio/b"}


def test_a_bomb_is_not_lit(tmp_path, scratch, monkeypatch):
    monkeypatch.setattr(archives, "BOMB_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2_000_000))
    refused(tmp_path / "x.zip", scratch, "media do not compress like that")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("zeros")
        member.size = 2_000_000
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    refused(tmp_path / "x.tar.gz", scratch, "media do not compress like that")


def test_more_than_the_disk_holds_is_not_begun(packed, scratch, monkeypatch):
    usage = shutil.disk_usage(scratch)._replace(free=1000)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage)
    refused(packed("zip"), scratch, "unpacks to 80,000 bytes; 1,000 are free")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\0\0\0\x20ftypmp42", "neither a folder nor a zip or tar archive"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_archive(tmp_path, scratch, start, message):
    (tmp_path / "x.zip").write_bytes(start + bytes(1000 if start else 0))
    refused(tmp_path / "x.zip", scratch, message)


def test_a_folder_that_holds_a_link_to_itself_ends(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").symlink_to(tmp_path / "a")
    assert open_source(tmp_path, tmp_path, expected=()).name in "abc"
