"""A lock that another machine holds, or nobody."""

import errno
import json
import os
import threading

import pytest

from cmgan_jax.runtime import lock
from cmgan_jax.runtime.lock import HeldError, hold, lock_file


def test_a_lock_of_another_machine_is_believed(tmp_path):
    file = tmp_path / lock_file("train")
    file.write_text('{"pid": 7, "host": "elsewhere", "since": "2026-01-01"}')
    refused = pytest.raises(
        ValueError, match=rf"7 on elsewhere does `train` .* delete {file}"
    )
    with refused, hold(tmp_path, "train"):
        pass
    file.write_text("half a fi")
    with hold(tmp_path, "train"):
        assert json.loads(file.read_text())["pid"] == os.getpid()
    assert not file.exists()


def test_who_may_wait_goes_on_when_the_other_is_done(tmp_path, monkeypatch, capsys):
    """Another holder in this process, as another process would be."""
    monkeypatch.setattr(lock, "_ASK_AGAIN", 0.01)
    leave = threading.Event()

    def work():
        with hold(tmp_path, "judge"):
            entered.set()
            leave.wait(10)

    entered, other = threading.Event(), threading.Thread(target=work)
    other.start()
    assert entered.wait(10)
    with pytest.raises(HeldError, match=rf"process {os.getpid()} .* does `judge`"):
        hold(tmp_path, "judge").__enter__()
    threading.Timer(0.1, leave.set).start()
    with hold(tmp_path, "judge", wait=True):
        assert leave.is_set()
    other.join()
    assert capsys.readouterr().err.count("waiting: process") == 1


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_to_needs_no_lock(
    number, tmp_path, monkeypatch
):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock.os, "open", refuse)
    with hold(tmp_path, "train"):
        assert not list(tmp_path.iterdir())
