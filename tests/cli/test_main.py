"""What the command line says where a verb ends early."""

from types import SimpleNamespace

import pytest

from cmgan_jax.cli import main
from cmgan_jax.training.loop import Interrupted


def ending(error):
    """A verb that raises."""

    def run():
        raise error

    return SimpleNamespace(main=run)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Interrupted("stopped after step 7 of gan; saved."), "step 7 of gan; saved. G"),
        (KeyboardInterrupt(), "stopped. Give the same command again to go on"),
        (ValueError("config.gan.loss is wrong"), "error: config.gan.loss is wrong"),
        (FileNotFoundError("no such folder"), "error: no such folder"),
        (PermissionError("not allowed"), "error: not allowed"),
    ],
)
def test_every_verb_ends_in_one_message(error, message, monkeypatch):
    monkeypatch.delenv("CMGAN_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as caught:
        main._run(ending(error), ["cmgan_jax judge"])
    assert message in caught.value.code  # printed, with exit status 1


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
    "arguments", [["--workdir=gs://bucket/run"], ["--data", "s3://bucket/data"]]
)
def test_buckets_are_no_folders(arguments, monkeypatch, tmp_path):
    """The mistake: a folder "gs:" is made where one stands, and trained into."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["cmgan_jax", "train", *arguments])
    with pytest.raises(SystemExit, match=r"copy it to a disk .* or mount it"):
        main.main()
    assert not list(tmp_path.iterdir())
