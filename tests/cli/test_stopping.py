"""SIGINT before a verb has begun anything."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os, signal, sys
from importlib.machinery import PathFinder

class Stopping(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
        return None

signal.signal(signal.SIGINT, {handler})
sys.meta_path.insert(0, Stopping)
sys.argv = ["cmgan_jax", "nonsense"]
from cmgan_jax.__main__ import main
main()
"""


def stopped_while_importing(module, handler="signal.default_int_handler"):
    program = PROGRAM.format(module=module, handler=handler)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_one_line_and_no_traceback():
    """The mistake: a traceback from somewhere inside a library."""
    done = stopped_while_importing("absl.app")
    assert done.returncode == 128 + signal.SIGINT
    assert done.stderr == "stopped before anything began.\n"


def test_in_the_background_it_stays_ignored():
    """The mistake: a run started by a script with & dies of the terminal's Ctrl-C."""
    done = stopped_while_importing("absl.app", "signal.SIG_IGN")
    assert "'nonsense' is no verb" in done.stderr
