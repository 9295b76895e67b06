"""launch/beside.sh: several commands at once, as if they were one."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "launch"
# Goes on for 60 s unless it is told to end; says how often it was told.
SAVING = """#!/usr/bin/env bash
trap 'told=$((told + 1))' TERM
told=0
echo begun
for _ in $(seq 600); do
  sleep 0.1
  if [ "$told" -gt 0 ]; then
    sleep "$1"
    echo "saved, told $told"
    exit 130
  fi
done
"""


@pytest.fixture
def start(tmp_path):
    """Starts a script that sources the file, beside a program called `saving`."""
    saving = tmp_path / "saving"
    saving.write_text(SAVING)
    saving.chmod(0o755)

    def run(script):
        return subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail; source {LAUNCH}/beside.sh\n{script}"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def test_lines_say_whose_they_are_and_more_may_follow(start):
    done = start(
        'beside "a b" printf "one\\n\\ntwo"; beside c bash -c "echo three >&2"\n'
        "all_of_them TERM 5; beside d echo four; all_of_them TERM 5; echo end"
    )
    out, errors = done.communicate(timeout=30)
    assert done.returncode == 0
    assert sorted(out.splitlines()) == [
        "[a b] ", "[a b] one", "[a b] two", "[d] four", "end",
    ]  # fmt: skip
    assert errors == "[c] three\n"


def test_where_one_fails_the_others_save_and_its_status_counts(start):
    done = start(
        "beside long ./saving 0; beside bad bash -c 'sleep 1; exit 3'\n"
        'all_of_them TERM 20 || echo "$? $attempted"'
    )
    out, errors = done.communicate(timeout=30)
    assert "3  bash -c sleep\\ 1\\;\\ exit\\ 3" in out
    assert "[long] saved, told 1" in out
    assert errors.splitlines() == ["[bad] ended with exit status 3: ending all."]


def test_who_does_not_end_is_killed(start):
    done = start(
        "beside deaf bash -c 'trap \"\" TERM; sleep 60'\n"
        "beside bad bash -c 'sleep 1; exit 3'; all_of_them TERM 1"
    )
    done.communicate(timeout=30)
    assert done.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nobody_is_told_twice(start, number):
    """Told a second time, a training would end before it has saved."""
    done = start("beside a ./saving 0; beside b ./saving 2; all_of_them TERM 20")
    assert {done.stdout.readline() for _ in "ab"} == {"[a] begun\n", "[b] begun\n"}
    done.send_signal(number)
    out, _ = done.communicate(timeout=30)
    assert done.returncode == 130
    assert sorted(out.splitlines()) == [f"[{name}] saved, told 1" for name in "ab"]


def test_who_asks_twice_is_heard_twice(start):
    """The first time, before anyone is waited for."""
    done = start("beside a ./saving 4; sleep 2; all_of_them TERM 20")
    assert done.stdout.readline() == "[a] begun\n"
    done.send_signal(signal.SIGINT)
    time.sleep(4)
    done.send_signal(signal.SIGINT)
    assert "[a] saved, told 2" in done.communicate(timeout=30)[0]
