"""The command line: python -m cmgan_jax VERB --flags"""

import contextlib
import difflib
import errno
import importlib
import os
import re
import signal
import sys
from collections.abc import Iterator

from absl import app, logging

from cmgan_jax.cli.verb_help import define_help
from cmgan_jax.configs import locate
from cmgan_jax.runtime import buckets
from cmgan_jax.runtime.caches import settle_caches
from cmgan_jax.runtime.memory import keep_freed_memory
from cmgan_jax.runtime.stopping import (
    Stopped,
    StoppedExit,
    asked_again,
    on_signals,
    raise_stopped,
    stop_status,
)

VERBS = {
    "prepare": "media or the embedded orchestra -> arrays to train on",
    "train": "all phases of a system, from where they stopped",
    "judge": "train and store the classifiers that score generated media",
    "evaluate": "accuracy of a trained system on a complete split",
    "generate": "sounds -> pictures and films, pictures and films -> sounds",
    "serve": "a page to play with, at an address of this computer",
    "restore": "fill what a film lacks of sound or picture from the other one",
    "export": "a trained system -> one file of weights, or a program for JAX alone",
    "reproduce": "several seeds of one configuration in one table",
    "report": "one page to look at and listen to, from finished runs",
    "benchmark": "how fast this machine does all of it",
    "compile": "what an update needs of chips that are not here",
    "import_tf1": "the authors' TensorFlow 1 weights -> a workdir",
}
_RUNS = ("workdir", "run", "recognisers_from")  # flags that name runs
_IN_BUCKETS = (*_RUNS, "data")
_AGAIN = "Give the same command again to go on."
_TENSORSTORE_FULL = "RESOURCE_EXHAUSTED: Error writing"


def main() -> None:
    """Runs the verb that the first argument names."""
    # Names of files are printed whatever they are and whatever the terminal knows.
    sys.stdout.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_usage())
        return
    verb, *rest = arguments
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        sys.exit(f"{verb!r} is no verb.{hint}\n\n{_usage()}")
    try:
        rest = _located(_copied(rest))
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    _quiet_libraries()
    if buckets.own_copies:
        sys.stdout, sys.stderr = map(buckets.Named, (sys.stdout, sys.stderr))
    # JAX and Numba ask for their caches when they are imported, by the verb.
    settle_caches()
    keep_freed_memory()
    with _config_errors_explained():
        module = importlib.import_module(f"cmgan_jax.cli.{verb}")
    define_help(module)
    try:
        app.run(
            lambda argv: _run(module, argv),
            argv=[f"cmgan_jax {verb}", *rest],
            flags_parser=_parse_flags,
        )
    except BaseException as error:
        # Verbs that run in one process have not imported it, nor JAX.
        if processes := sys.modules.get("cmgan_jax.runtime.processes"):
            processes.end_at_once(error)
        raise


def _located(arguments: list[str]) -> list[str]:
    """The arguments with the name of a configuration replaced by its file."""
    return [
        f"--config={locate(value)}" if flag == "config" else argument
        for flag, value, argument in _flags(arguments)
    ]


def _copied(arguments: list[str]) -> list[str]:
    """The arguments with runs in buckets (gs://bucket/folder) replaced by copies.

    Data in buckets are copied where they are opened, and stay. Of other flags such a
    value would become a folder called "gs:".

    Raises:
      ValueError: a flag takes none; says what to do.
    """
    copied = []
    for flag, value, argument in _flags(arguments):
        if not re.match(r"[a-z][a-z0-9+.-]*://", value):
            copied.append(argument)
        elif flag in _IN_BUCKETS and buckets.in_bucket(value):
            where = buckets.own_copy(value) if flag in _RUNS else value
            copied.append(f"--{flag}={where}")
        else:
            raise ValueError(
                f"{argument} names no folder of a file system. In buckets of Cloud "
                f"Storage (gs://BUCKET/FOLDER) may be --{', --'.join(_IN_BUCKETS)}; "
                "anything else copy to a disk, or from it (gcloud storage cp "
                "--recursive, aws s3 cp --recursive), and give that path. "
                "docs/pods.md says more."
            )
    return copied


def _flags(arguments: list[str]) -> Iterator[tuple[str, str, str]]:
    """(name, value, argument) of each; "" for the name of what is no flag.

    Of a flag whose value is the next argument, both become one.
    """
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if not argument.startswith("-"):
            yield "", argument, argument
            continue
        name, equals, value = argument.lstrip("-").partition("=")
        if not equals and waiting and name in (*_IN_BUCKETS, "config"):
            value = waiting.pop(0)
            argument = f"--{name}={value}"
        yield name, value, argument


def _parse_flags(argv: list[str]) -> list[str]:
    with _config_errors_explained():
        return app.parse_flags_with_usage(argv)


@contextlib.contextmanager
def _config_errors_explained() -> Iterator[None]:
    """Ends in one message where --config or a field of it is wrong.

    ml_collections reads --config when a verb is imported and its fields when flags are
    parsed, and raises what Python raises for a missing attribute.
    """
    try:
        yield
    except (AttributeError, KeyError) as error:
        configured = any(flag.startswith("--config") for flag in sys.argv)
        if not configured or os.environ.get("CMGAN_TRACEBACK"):
            raise
        # One error's text comes as the repr inside another.
        reason = str(error.args[0]).strip("'").replace("\\n", ". ").replace("\\'", "'")
        sys.exit(
            f"error: a --config flag names no field: {reason} configs/base.py explains "
            "every field."
        )


def _run(module, argv: list[str]) -> None:
    """Runs a verb; what the user can mend ends in one message, not in a traceback."""
    from cmgan_jax.training.loop import Interrupted

    # From here on there may be something to save or to tidy up.
    on_signals(raise_stopped)
    if len(argv) > 1:
        sys.exit(f"unexpected arguments: {' '.join(argv[1:])}. Flags are --name=value.")
    try:
        with _runs_put_back():
            module.main()
    except Interrupted as stopped:
        _end(argv, f"{stopped} {_AGAIN}", signal.SIGTERM)
    except Stopped as stopped:
        _end(argv, str(stopped) or f"stopped. {_AGAIN}", signal.SIGTERM)
    except KeyboardInterrupt as stopped:
        _end(argv, str(stopped) or f"stopped. {_AGAIN}", signal.SIGINT)
    except (ValueError, OSError) as error:
        if os.environ.get("CMGAN_TRACEBACK"):
            raise
        sys.exit(f"error: {error}{_room(error)}")


@contextlib.contextmanager
def _runs_put_back() -> Iterator[None]:
    """Whatever happens, what runs in buckets lack is put there."""
    try:
        yield
    finally:
        buckets.put_back_own()


def _end(argv: list[str], said: str, number: int) -> None:
    on_signals(signal.SIG_IGN)
    print(said, file=sys.stderr)
    raise StoppedExit(stop_status(argv[0].rpartition(" ")[2], number))


def _room(error: Exception) -> str:
    """What helps where a disk is full; nothing where it is not."""
    # TensorStore names the reason in its text alone, and not always the system's.
    texts = [os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT)]
    full = any(text in str(error) for text in (*texts, _TENSORSTORE_FULL))
    return " Make room, then give the same command again: it goes on." if full else ""


def _quiet_libraries() -> None:
    """Orbax and TensorFlow report every opened folder and every processor feature."""
    # What Orbax logs as errors, with page after page of traceback, it raises as well.
    logging.set_verbosity(logging.FATAL)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # Buckets are opened in one way, on hosts with TensorFlow and without.
    os.environ.setdefault("EPATH_USE_TF", "false")
    _settle_dropped_exceptions()


def _settle_dropped_exceptions() -> None:
    """A stop is none that may be dropped; reads that Orbax drops are not told of.

    Of reads under way when one fails Orbax drops the rest, and Python tells of each.
    """

    def tell(what) -> None:
        if asked_again(what):
            return
        code = getattr(what.object, "cr_code", None)
        dropped = code is not None and "/orbax/" in code.co_filename
        if not dropped and "loop is closed" not in str(what.exc_value):
            sys.__unraisablehook__(what)

    sys.unraisablehook = tell


def _usage() -> str:
    lines = [f"  {verb:<12}{purpose}" for verb, purpose in VERBS.items()]
    return "\n".join(
        [
            "usage: python -m cmgan_jax VERB --flag=value ...",
            "",
            *lines,
            "",
            "python -m cmgan_jax VERB --help shows an example and the flags of a verb.",
        ]
    )
