"""What --help of every verb shows, in one process that has imported JAX once."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each verb in a child of its own, as all of them define flags of the same names.
PROGRAM = """
import contextlib, io, json, os, sys
import jax, numpy
from absl import flags
from cmgan_jax.cli import main

def shown(verb):
    sys.argv, text = ["cmgan_jax", verb, "--help"], io.StringIO()
    text.reconfigure = lambda **more: None
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        main.main()
    module = sys.modules["cmgan_jax.cli." + verb]
    keys = flags.FLAGS.get_key_flags_for_module(module)
    return [verb, text.getvalue(), [flag.name for flag in keys]]

for verb in main.VERBS:
    if os.fork() == 0:
        print(json.dumps(shown(verb)), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def helps():
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_flag_of_a_verb_is_in_its_help_once_and_no_other(helps):
    """The mistakes: a flag is in no group, or in two; others' flags are shown."""
    assert len(helps) == 13
    for verb, text, keys in helps:
        listed = re.findall(r"^  --(?:\[no\])?(\w+)", text, re.MULTILINE)
        assert sorted(listed) == sorted(keys), verb


def test_every_help_begins_with_what_the_verb_does_and_an_example(helps):
    for verb, text, _ in helps:
        first, blank, example, *lines = text.splitlines()
        assert first.endswith(".") and blank == "", verb
        assert example.startswith(f"    python -m cmgan_jax {verb}"), verb
        assert max(map(len, lines)) <= 88
        # What absl adds to texts is left out, as values are shown with the name.
        assert "repeat this option" not in text and ">: " not in text


def test_who_stops_reading_help_gets_no_traceback():
    """As `head` and a pager that is left do."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cmgan_jax", "--help"]
    done = subprocess.run(
        command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
