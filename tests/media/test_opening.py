"""Only regular files are opened, and every failure is one named error."""

import errno
import os
import pickle
import socket
import tempfile

import numpy as np
import pytest
import soundfile

from cmgan_jax.media.errors import MediaError, only_media_errors
from cmgan_jax.media.opening import open_media
from cmgan_jax.media.pictures import decode_picture
from cmgan_jax.media.sounds import decode_sound
from cmgan_jax.runtime.names import shown


def sound_at_22050(path):
    return decode_sound(path, 22050)


def sine(frequency, *, rate, seconds=0.5):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


READERS = (decode_picture, sound_at_22050)


def error_of(read, path):
    with pytest.raises(MediaError) as raised:
        read(path)
    return raised.value


def test_permission_denied():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.wav")
        soundfile.write(path, sine(440, rate=22050), 22050)
        os.chmod(path, 0)
        user = os.geteuid()
        try:
            if user == 0:
                os.seteuid(65534)  # root may read whatever its permissions
            with pytest.raises(MediaError) as of_sound:
                decode_sound(path, 22050)
            with pytest.raises(MediaError) as of_picture:
                decode_picture(path)
        finally:
            os.seteuid(user)
    assert of_sound.value.kind == of_picture.value.kind == "permission"


def test_the_error_survives_a_process_boundary():
    error = pickle.loads(pickle.dumps(MediaError("a.wav", "silence", "is silent.")))
    assert (error.path, error.kind, str(error)) == (
        "a.wav",
        "silence",
        "a.wav: is silent.",
    )


@pytest.mark.parametrize("read", READERS)
def test_what_is_no_regular_file_is_refused_by_its_sort(tmp_path, read):
    """Opening a FIFO waits for ever for somebody to write into it."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link_to_fifo").symlink_to("fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("gone.wav")
    for name, said in (
        ("fifo", "FIFO"),
        ("link_to_fifo", "a link to a pipe (FIFO)"),
        ("loop", "leads back to itself"),
        (".", "a folder"),
    ):
        error = error_of(read, tmp_path / name)
        assert error.kind == "not_regular" and said in error.reason
    error = error_of(read, "/dev/null")
    assert error.kind == "not_regular" and "device" in error.reason
    assert error_of(read, tmp_path / "absent").kind == "unreadable"
    error = error_of(read, tmp_path / "dangling")
    assert "link to gone.wav, which is not there" in error.reason
    assert error_of(read, "a\0b").kind == "unreadable"


def test_sockets_are_refused():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as one:
        one.bind(f"{folder}/s")
        assert "a socket" in error_of(decode_picture, f"{folder}/s").reason


@pytest.mark.parametrize("read", READERS)
def test_empty_files(tmp_path, read):
    (tmp_path / "a").touch()
    assert error_of(read, tmp_path / "a").kind == "zero_length"


def test_names_that_are_no_text_are_shown_escaped(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9\r.wav"
    with open(path, "wb") as file:
        file.write(b"<html>")
    error = error_of(sound_at_22050, os.fsdecode(path))
    assert str(error).encode() and r"caf\xe9\r.wav: not a sound" in str(error)
    assert os.fsencode(error.path) == path
    assert shown("naïve 🎻.wav") == "naïve 🎻.wav"


def test_a_file_replaced_while_open_changes_nothing(tmp_path):
    (tmp_path / "a").write_bytes(b"before" * 10)
    (tmp_path / "b").write_bytes(b"after" * 10)
    with open_media(tmp_path / "a") as file:
        os.replace(tmp_path / "b", tmp_path / "a")
        assert file.read() == b"before" * 10


def test_zeros_in_front_are_passed_over_and_belong_to_short_headers(tmp_path):
    (tmp_path / "a").write_bytes(bytes(512) + b"RIFFetc")
    (tmp_path / "b").write_bytes(bytes(3) + b"\x18ftyp")
    with open_media(tmp_path / "a") as file:
        assert (file.size, file.head, file.tell()) == (7, b"RIFFetc", 0)
        assert file.seek(-3, os.SEEK_END) == 4 and file.read() == b"etc"
    with open_media(tmp_path / "b") as file:
        assert file.size == 8


def test_a_decoder_that_reads_in_circles_is_stopped(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 1_000_000)
    with open_media(tmp_path / "a") as file:
        rounds = 0
        while file.read():
            file.seek(0)
            rounds += 1
    assert file.exhausted and 32 <= rounds < 200


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (MemoryError(), "out_of_limits"),
        (OSError(errno.EIO, "Input/output error"), "unreadable"),
        (AssertionError(), "unreadable"),
        (SyntaxError("broken PNG file"), "unreadable"),
        (EOFError("end of data"), "truncated"),
        (OSError("image file is truncated"), "truncated"),
        (RecursionError("too deep"), "unreadable"),
    ],
)
def test_whatever_a_decoder_raises_becomes_a_media_error(raised, kind):
    with (
        pytest.raises(MediaError, match=r"^a\.png: ") as seen,
        only_media_errors("a.png"),
    ):
        raise raised
    assert seen.value.kind == kind and seen.value.reason.endswith(".")


def test_kinds_are_known():
    with pytest.raises(ValueError, match="known: blank, damaged"):
        MediaError("a", "broken", "is broken.")
