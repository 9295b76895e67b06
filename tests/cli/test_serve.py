"""The verb itself: it names its address, answers there, and ends when it is told to."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_it_serves_until_it_is_told_to_end_and_ends_well():
    """The mistake: a service that is stopped by SIGTERM counts as failed."""
    with subprocess.Popen(
        [sys.executable, "-m", "cmgan_jax", "serve", "--port=0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            told = process.stderr.readline()
            (address,) = re.findall(r"^Open (http://127\.0\.0\.1:\d+/) ", told)
            assert "<title>" in answered(address).text
            # It need not be warm to be told to end.
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
            assert process.stdout.read() == "Stopped.\n"
        finally:
            process.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)


def answered(address):
    """What is at an address; the server listens before it answers."""
    return httpx.get(address, timeout=120)
