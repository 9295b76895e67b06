"""The quickstart's order, and what it leaves out when it is started again."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = """#!/usr/bin/env bash
[ "$2" = pip ] && exit
echo "$3 ${*:4}" >>"$LOG"
[ "$3" = "$FAILS" ] && exit 3
for word in "$@"; do
  case $word in
    --output=*) mkdir -p "${word#*=}" ;;
    --run=*) mkdir -p "${word#*=}/report" && touch "${word#*=}/report/index.html" ;;
  esac
done
exit 0
"""


@pytest.fixture
def start(tmp_path):
    """Starts a copy whose Python only notes the verbs; (process, verbs)."""
    shutil.copytree(ROOT / "launch", tmp_path / "launch")
    (tmp_path / "cmgan_jax").mkdir()
    (tmp_path / "cmgan_jax" / "model.py").write_text("first\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    log = tmp_path / "log"

    def run(fails=""):
        log.write_text("")
        done = subprocess.run(
            [tmp_path / "launch" / "quickstart.sh"],
            env=os.environ | {"LOG": str(log), "FAILS": fails},
            capture_output=True,
            text=True,
        )
        verbs = [line.split()[0] for line in log.read_text().splitlines()]
        # Two run at once there, and any may be the first to say so.
        at = verbs.index("prepare") + 1 if "prepare" in verbs else 0
        return done, [*verbs[:at], *sorted(verbs[at : at + 2]), *verbs[at + 2 :]]

    return run


VERBS = [
    *("generate", "generate", "prepare", "judge", "train"),
    *("train", "train", "evaluate", "evaluate", "report"),
]


def test_first_pictures_come_before_any_training_and_nothing_is_made_twice(
    start, tmp_path
):
    done, verbs = start()
    flags = (tmp_path / "log").read_text()
    # Recognisers are trained once, for both.
    assert re.findall(r"--workdir=(\S+) --until=recognisers", flags) == [
        "runs/quickstart/s2i"
    ]
    assert re.findall(r"--workdir=(\S+) --recognisers_from=(\S+)", flags) == [
        ("runs/quickstart/i2s", "runs/quickstart/s2i")
    ]
    given = re.findall(r"--input=(\S+)", flags)
    assert len(given) == 2 and all(any((ROOT / path).iterdir()) for path in given)
    assert done.returncode == 0, done.stderr
    assert verbs == VERBS
    assert "7/7 Write the report" in done.stdout
    again, verbs = start()
    assert again.returncode == 0 and verbs == []
    assert "runs/quickstart/report/index.html" in again.stdout


def test_what_failed_is_told_and_gone_on_from(start):
    done, verbs = start("judge")
    assert done.returncode == 3 and verbs == VERBS[:5]
    assert "cmgan_jax judge --data=" in done.stderr
    done, verbs = start()
    assert done.returncode == 0 and verbs == VERBS[2:]


def test_other_software_looks_at_every_step_again(start, tmp_path):
    start()
    (tmp_path / "cmgan_jax" / "model.py").write_text("second\n")
    assert start()[1] == VERBS[2:]
    (tmp_path / "runs" / "quickstart" / "report" / "index.html").unlink()
    assert start()[1] == VERBS[2:]
