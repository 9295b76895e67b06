"""What the command line says where a verb ends early."""

import errno
import os
import signal
import sys
import types
from types import SimpleNamespace

import pytest

from cmgan_jax.cli import main
from cmgan_jax.runtime.stopping import Stopped
from cmgan_jax.training.loop import Interrupted


def ending(error):
    """A verb that raises."""

    def run():
        raise error

    return SimpleNamespace(main=run)


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """Puts back what handles signals; errors are explained, not raised."""
    monkeypatch.delenv("CMGAN_TRACEBACK", raising=False)
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("config.gan.loss is wrong"), "error: config.gan.loss is wrong"),
        (FileNotFoundError("no such folder"), "error: no such folder"),
        (PermissionError("not allowed"), "error: not allowed"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "run/x"),
            "'run/x' Make room, then",
        ),
        (
            OSError("RESOURCE_EXHAUSTED: Error writing local file"),
            "local file Make room, then",
        ),
    ],
)
def test_every_verb_ends_in_one_message(error, message):
    with pytest.raises(SystemExit) as caught:
        main._run(ending(error), ["cmgan_jax judge"])
    assert message in caught.value.code  # printed, with exit status 1


@pytest.mark.parametrize(
    ("error", "verb", "status", "message"),
    [
        (Interrupted("stopped after step 7; saved."), "train", 0, "step 7; saved. Giv"),
        (KeyboardInterrupt(), "train", 0, "stopped. Give the same command again"),
        (Stopped(), "judge", 0, "stopped. Give the same command again"),
        (KeyboardInterrupt(), "evaluate", 130, "stopped. Give the same command again"),
        (Stopped(), "prepare", 143, "stopped. Give the same command again"),
        (Stopped("stopped with 3 of 9."), "generate", 143, "stopped with 3 of 9.\n"),
    ],
)
def test_a_stop_is_one_line_and_no_failure_of_who_keeps_its_work(
    error, verb, status, message, capsys, monkeypatch
):
    """The mistakes: `train` fails as on an error, `evaluate` passes for finished."""
    monkeypatch.delenv("CMGAN_STOP_STATUS", raising=False)
    with pytest.raises(SystemExit) as caught:
        main._run(ending(error), [f"cmgan_jax {verb}"])
    said = capsys.readouterr().err
    assert caught.value.code == status and message in said and said.count("\n") == 1


def test_a_scheduler_may_ask_for_a_status_of_its_own(monkeypatch, capsys):
    monkeypatch.setenv("CMGAN_STOP_STATUS", "75")
    with pytest.raises(SystemExit) as caught:
        main._run(ending(Stopped()), ["cmgan_jax train"])
    assert caught.value.code == 75
    monkeypatch.setenv("CMGAN_STOP_STATUS", "again")
    with pytest.raises(ValueError, match="CMGAN_STOP_STATUS='again' is no exit status"):
        main._run(ending(Stopped()), ["cmgan_jax train"])


def test_a_bug_keeps_its_traceback(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        main._run(ending(ZeroDivisionError()), ["cmgan_jax judge"])
    monkeypatch.setenv("CMGAN_TRACEBACK", "1")
    with pytest.raises(ValueError, match="why"):
        main._run(ending(ValueError("why")), ["cmgan_jax judge"])


def test_arguments_without_a_flag_are_refused():
    with pytest.raises(SystemExit, match="unexpected arguments: data"):
        main._run(ending(ValueError()), ["cmgan_jax judge", "data"])


def test_unknown_verbs_list_the_known(monkeypatch):
    monkeypatch.setattr("sys.argv", ["cmgan_jax", "trian"])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert "Did you mean 'train'?" in caught.value.code
    assert all(verb in caught.value.code for verb in main.VERBS)


@pytest.mark.parametrize(
    "arguments",
    [["--workdir=s3://bucket/run"], ["--output=gs://b/data"], ["--data", "s3://b/d"]],
)
def test_what_lies_in_no_bucket(arguments, monkeypatch, tmp_path):
    """The mistake: a folder "gs:" is made where one stands, and trained into."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["cmgan_jax", "train", *arguments])
    with pytest.raises(SystemExit, match="copy to a disk, or from it"):
        main.main()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("library", "told"), [("orbax", False), ("mine", True)])
def test_reads_that_orbax_drops_are_not_told(library, told, capsys, monkeypatch):
    """One file that is cut short, and pages of traceback for all the others."""
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    main._settle_dropped_exceptions()
    program = "async def read(wait):\n  try: await wait\n  finally: 1 / 0"
    names = {}
    exec(compile(program, f"/lib/{library}/reading.py", "exec"), names)
    under_way = names["read"](never())
    under_way.send(None)
    del under_way
    assert ("ZeroDivisionError" in capsys.readouterr().err) == told


@types.coroutine
def never():
    """What a read waits for that is not finished."""
    yield
