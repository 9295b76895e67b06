"""Arrays verified in the background: noticed, said once, and never waited for."""

import threading
import time

import pytest

from cmgan_jax.data.integrity import PREPARED_FILE
from cmgan_jax.data.verification import BackgroundVerification, DamagedDataError

ARRAYS = ("train/image.npy", "train/sound.npy")


@pytest.fixture
def folder(pack):
    return pack([0, 1, 2], [0, 1, 2], pairing="stem").path


def threads():
    return [one for one in threading.enumerate() if one.name == "verification"]


def verified(folder):
    """A verification that has come to its end."""
    with BackgroundVerification(folder, bytes_per_second=1e12) as verification:
        for thread in threads():
            thread.join(20)
    return verification


def test_whole_arrays_are_said_to_be_whole_once(folder, capsys):
    verified(folder).require_whole()
    said = capsys.readouterr().err
    size = sum((folder / name).stat().st_size for name in ARRAYS)
    assert said.count("verified") == 1
    assert f"2 arrays of {folder}, {size:,} bytes" in said


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_flipped_bit_names_its_file_and_what_to_do(folder, capsys, name, place):
    content = bytearray((folder / name).read_bytes())
    content[place] ^= 4
    (folder / name).write_bytes(content)
    with pytest.raises(DamagedDataError, match=f"{name} is not as it .*--update"):
        verified(folder).require_whole()
    assert "verified" not in capsys.readouterr().err


def test_nobody_waits_for_it(folder, capsys):
    """The mistake: a run that is done waits for hours of reading."""
    start = time.monotonic()
    with BackgroundVerification(folder, bytes_per_second=1.0) as verification:
        [thread] = threads()
        assert thread.daemon
        verification.require_whole()
    assert time.monotonic() - start < 5
    thread.join(5)
    assert not thread.is_alive()
    assert capsys.readouterr().err == ""


def test_it_reads_no_faster_than_asked(folder):
    size = sum((folder / name).stat().st_size for name in ARRAYS)
    start = time.monotonic()
    with BackgroundVerification(folder, bytes_per_second=5.0 * size):
        [thread] = threads()
        thread.join(20)
    assert time.monotonic() - start >= 0.2


def test_data_prepared_anew_meanwhile_are_no_damage(folder, capsys):
    """The mistake: what --update puts in their place is held against old digests."""
    with BackgroundVerification(folder, bytes_per_second=1e5):
        [thread] = threads()
        for name in (*ARRAYS, PREPARED_FILE):
            (folder / name).unlink()
            (folder / name).write_bytes(b"other")
        thread.join(20)
    assert "2 arrays" in capsys.readouterr().err
