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

TAKEN_APART = """
import os, signal, sys

class Used:
    def __del__(self):
        os.abort()

class Verb:
    "Stops itself."
    HELP = {}
    @staticmethod
    def main():
        os.kill(os.getpid(), signal.SIGTERM)

sys.argv = ["cmgan_jax", "train"]
sys.modules["cmgan_jax.cli.train"] = Verb
used = Used()
from cmgan_jax.__main__ import main
main()
"""

COLLECTING = """
import gc, os, signal, sys, time
from cmgan_jax.cli import main

class Verb:
    @staticmethod
    def main():
        def collected(phase, info):
            gc.callbacks.clear()
            os.kill(os.getpid(), signal.{name})
            time.sleep(0)  # here the handler runs
        gc.callbacks.append(collected)
        gc.collect()
        time.sleep(30)
        print("went on")

main._settle_dropped_exceptions()
main._run(Verb, ["cmgan_jax train"])
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


def test_what_threads_still_use_is_not_taken_apart_under_them():
    """The mistake: XLA computes while the interpreter goes, and the status is -11."""
    command = [sys.executable, "-c", TAKEN_APART]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == "stopped. Give the same command again to go on.\n"
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_stop_during_garbage_collection_is_a_stop(name):
    """The mistake: what the handler raises there is dropped, and the verb goes on."""
    command = [sys.executable, "-c", COLLECTING.format(name=name)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "stopped. Give the same command again to go on.\n"
