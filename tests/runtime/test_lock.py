"""A lock that another machine holds, or nobody."""

import json
import os

import pytest

from cmgan_jax.runtime.lock import hold, lock_file


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
