"""One process at a time in a folder of a bucket."""

import threading
import time

import pytest

from cmgan_jax.runtime import bucket_storage, buckets, processes
from cmgan_jax.runtime import lease as leases
from cmgan_jax.runtime.lease import lease
from cmgan_jax.runtime.lock import HeldError


@pytest.fixture
def lock(bucket, monkeypatch):
    """The address of a lock, whose holder is seen within three seconds."""
    monkeypatch.setattr(leases, "RENEWED", 0.3)
    monkeypatch.setattr(leases, "SILENCE", 3.0)
    return f"{bucket}/.train.lock"


def test_the_second_is_refused_and_told_who_holds_it(lock):
    with lease(lock, "train"):
        refused = pytest.raises(HeldError, match="does `train` there")
        with refused as refused, lease(lock, "train"):
            pass
        assert lock in str(refused.value)
    assert bucket_storage.read_text(lock) is None


def test_what_a_killed_process_left_is_taken_over(lock, capsys):
    """The mistake: a run whose machine was taken away can never go on."""
    bucket_storage.write_text(lock, '{"pid": 7, "host": "lost"}', generation=0)
    start = time.monotonic()
    with lease(lock, "train"):
        assert time.monotonic() - start >= leases.SILENCE
        assert "lost" not in bucket_storage.read_text(lock)[0]
    assert "process 7 on lost holds" in capsys.readouterr().err


def test_one_that_waits_gets_it_when_the_other_is_done(lock):
    done = []
    held = threading.Event()

    def first():
        with lease(lock, "judge"):
            held.set()
            time.sleep(1.5)
            done.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    held.wait()
    with lease(lock, "judge", wait=True):
        assert done == ["first"]
    thread.join()


def test_a_holder_that_lost_it_stops(lock, monkeypatch):
    """The mistake: two train into one folder."""
    told = threading.Event()
    monkeypatch.setattr(leases.os, "kill", lambda pid, number: told.set())
    with lease(lock, "train"):
        bucket_storage.delete(lock)
        bucket_storage.write_text(lock, "another's", generation=0)
        assert told.wait(5)
    assert bucket_storage.read_text(lock)[0] == "another's"


def test_a_writing_of_which_no_word_came_is_the_holders_own(lock, monkeypatch):
    """The mistake: a run stops itself because an answer was lost on the way."""
    told = threading.Event()
    monkeypatch.setattr(leases.os, "kill", lambda pid, number: told.set())
    with lease(lock, "train"):
        text, generation = bucket_storage.read_text(lock)
        bucket_storage.write_text(lock, text, generation=generation)
        assert not told.wait(5 * leases.RENEWED)
        assert bucket_storage.read_text(lock)[1] > generation + 1
    assert bucket_storage.read_text(lock) is None


def test_holding_a_copy_holds_its_folder_in_the_bucket(bucket):
    copy = buckets.own_copy(bucket)
    with processes.hold_for_all(copy, "train"):
        assert bucket_storage.read_text(f"{bucket}/.train.lock") is not None
    assert bucket_storage.read_text(f"{bucket}/.train.lock") is None
