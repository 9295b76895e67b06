"""launch/local_multiprocess.sh with a stand-in for Python."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "launch" / "local_multiprocess.sh"
# Number 1 does what is asked for; the others go on for 90 s, or until they are stopped.
PYTHON = """#!/usr/bin/env bash
if [ "$1" = -c ]; then echo 4321; exit; fi
trap 'echo saved; exit 0' TERM
echo "$@"
case "$*" in *process_id=1) {do} ;; esac
for _ in $(seq 900); do sleep 0.1; done
"""


def start(folder, do):
    python = folder / "python"
    python.write_text(PYTHON.format(do=do))
    python.chmod(0o755)
    return subprocess.Popen(
        [SCRIPT, "3", "train", "--workdir=w"],
        env=os.environ | {"PYTHON": str(python)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_one_that_dies_ends_all_with_its_status(tmp_path):
    started = start(tmp_path, "exit 3")
    out, errors = started.communicate(timeout=60)
    assert started.returncode == 3
    assert "ending all" in errors
    told = "--distributed=on --num_processes=3 --coordinator_address=localhost:4321"
    for number in range(3):
        line = f"[{number}] -m cmgan_jax train --workdir=w {told} --process_id={number}"
        assert line in out


def test_a_signal_reaches_all_of_them(tmp_path):
    started = start(tmp_path, ":")
    for _ in range(3):
        assert "--workdir=w" in started.stdout.readline()
    started.send_signal(signal.SIGTERM)
    out, _ = started.communicate(timeout=30)
    assert started.returncode == 0
    assert sorted(out.splitlines()) == [f"[{number}] saved" for number in range(3)]


def test_what_it_needs_is_said(tmp_path):
    done = subprocess.run([SCRIPT, "train"], capture_output=True, text=True)
    assert done.returncode == 2 and "N VERB FLAGS" in done.stderr
