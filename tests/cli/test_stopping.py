"""SIGINT and SIGTERM before a verb has begun anything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, signal, sys
from importlib.machinery import PathFinder

class Stopping(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{name})
        return None

signal.signal(signal.{name}, {handler})
sys.meta_path.insert(0, Stopping)
sys.argv = ["cmgan_jax", {verb!r}]
from cmgan_jax.__main__ import main
main()
"""


def stopped_while_importing(module, name, verb, handler="signal.SIG_DFL"):
    program = PROGRAM.format(module=module, name=name, verb=verb, handler=handler)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("name", "verb", "status"),
    [("SIGINT", "evaluate", 130), ("SIGTERM", "train", 0), ("SIGTERM", "prepare", 143)],
)
def test_one_line_and_no_traceback(name, verb, status):
    """The mistake: a traceback from somewhere inside a library, or not a word."""
    done = stopped_while_importing("absl.app", name, verb)
    assert done.returncode == status
    assert done.stderr == "stopped before anything began.\n"


def test_in_the_background_it_stays_ignored():
    """The mistake: a run started by a script with & dies of the terminal's Ctrl-C."""
    done = stopped_while_importing("absl.app", "SIGINT", "nonsense", "signal.SIG_IGN")
    assert "'nonsense' is no verb" in done.stderr
