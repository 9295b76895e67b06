"""A bucket of Cloud Storage that answers on this machine."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from etils.epath import gpath

from cmgan_jax.runtime import bucket_storage

SERVER = Path(__file__).with_name("bucket_server.py")


@pytest.fixture(scope="session")
def bucket_address():
    """Where the server answers; TensorStore asks for it once in a process."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    # It tells of every object that is asked for and is not there.
    server = subprocess.Popen(
        [sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL
    )
    while not is_open(port):
        assert server.poll() is None
    yield f"http://localhost:{port}"
    server.kill()
    server.wait()


def is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("localhost", port)) == 0


@pytest.fixture
def bucket(bucket_address, monkeypatch, tmp_path):
    """The address of a folder of its own for every test."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", bucket_address)
    monkeypatch.setenv("TENSORSTORE_GCS_HTTP_URL", bucket_address)
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    # Nobody is looked for who would say who this user is.
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("GOOGLE_AUTH_TOKEN_FOR_TESTING", "none")
    monkeypatch.setenv("CMGAN_BUCKETS", str(tmp_path / "kept"))
    # As on the command line, by a variable that is read once in a process.
    monkeypatch.setattr(gpath, "_is_tf_installed", lambda: False)
    bucket_storage._client.cache_clear()
    yield f"gs://bucket/{tmp_path.name}"
    bucket_storage._client.cache_clear()
