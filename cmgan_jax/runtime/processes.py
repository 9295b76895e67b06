"""Several processes that are one run: how they start, agree, share work, and end.

JAX's distributed runtime connects them. The first process writes and decides, and the
others are told; every wait for another process has an end. Alone, a process is the
first of one, and nothing here costs anything.
"""

import contextlib
import itertools
import json
import os
import pathlib
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np
from jax._src import distributed
from jax.experimental import multihost_utils
from jaxtyping import Int64

from cmgan_jax.runtime import buckets
from cmgan_jax.runtime.lease import lease
from cmgan_jax.runtime.lock import hold, lock_file
from cmgan_jax.runtime.progress import Progress

PATIENCE = 1800  # seconds that a process waits for another one's decision
LATE = 60  # seconds after which every host sees a new file
MODES = ("auto", "on", "off")

_decisions, _meetings, _asked = itertools.count(), itertools.count(), itertools.count()


class FirstFailedError(ValueError):
    """What the first process did for all went wrong; it says what."""


def start(
    mode: str,
    *,
    coordinator_address: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
    heartbeat_timeout: int,
    initialization_timeout: int,
) -> None:
    """Connects this process with the others of its run; before anything is computed.

    Args:
      mode: "auto" connects where a process is named or a cluster is found that JAX
        knows (Cloud TPU, Slurm, GKE, Open MPI); "on" insists; "off" does not.
      coordinator_address: HOST:PORT of the first process; None asks the cluster.
      num_processes: of the run; None asks the cluster.
      process_id: of this one, from 0; None asks the cluster.
      heartbeat_timeout: seconds after which a silent process is taken for dead.
      initialization_timeout: seconds to wait for the others to start.

    Raises:
      ValueError: something is missing, or the processes do not come together.
    """
    if mode == "off":
        return
    given = (coordinator_address, num_processes, process_id)
    if process_id == 0 and num_processes:
        print(
            f"process 0 of {num_processes} waits at {coordinator_address} for the "
            f"others, at most {initialization_timeout} s.",
            file=sys.stderr,
            flush=True,
        )
    try:
        jax.distributed.initialize(
            *given,
            heartbeat_timeout_seconds=heartbeat_timeout,
            shutdown_timeout_seconds=heartbeat_timeout,
            initialization_timeout=initialization_timeout,
        )
    except Exception as error:  # Clusters raise whatever their libraries raise.
        none = given == (None, None, None) and "coordinator_address" in str(error)
        if mode == "auto" and none:
            return
        raise ValueError(
            f"the processes did not come together ({_first_line(error)}): where no "
            "cluster is found (Cloud TPU, Slurm, GKE, Open MPI), every process needs "
            "--coordinator_address=HOST:PORT of the first one, --num_processes and "
            "--process_id, from 0; --distributed=off goes on in this process alone."
        ) from error
    _settle()


def _settle() -> None:
    if jax.process_count() == 1:
        return
    signal.signal(signal.SIGINT, _stop_all)
    if is_first():
        print(
            f"{jax.process_count()} processes with {jax.device_count()} devices are "
            "one run.",
            file=sys.stderr,
            flush=True,
        )
    else:
        # The first one tells; errors are everybody's own.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        Progress.silent = True


def _stop_all(number, frame) -> None:
    """Passes an interrupt on as what JAX tells all processes of; the next one ends."""
    signal.signal(number, signal.default_int_handler)
    os.kill(os.getpid(), signal.SIGTERM)


def several() -> bool:
    """Whether this process is one of several."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def is_first() -> bool:
    """Whether this is the process that writes and decides."""
    return not several() or jax.process_index() == 0


def by_first(work: Callable[[], Any]) -> Any:
    """Does something in the first process; all of them get what it returned.

    Args:
      work: returns what JSON can hold.

    Raises:
      Exception: in the first process, what the work raised.
      FirstFailedError: in the others, what that said.
      TimeoutError: the first process has not decided for half an hour.
    """
    if not several():
        return work()
    key = f"cmgan_jax/decision/{next(_decisions)}"
    client = distributed.global_state.client
    if not is_first():
        with _patience("decision"):
            told = client.blocking_key_value_get(key, PATIENCE * 1000)
        answer = json.loads(told)
        if "failed" in answer:
            raise FirstFailedError(f"process 0 ended: {answer['failed']}")
        return answer["returned"]
    try:
        answer = {"returned": work()}
    except Exception as error:
        client.key_value_set(key, json.dumps({"failed": str(error)}))
        raise
    told = json.dumps(answer)
    client.key_value_set(key, told)
    return json.loads(told)["returned"]


def meet() -> None:
    """Waits until all processes have come here.

    Raises:
      TimeoutError: one has not, for half an hour.
    """
    if several():
        name = f"cmgan_jax/meeting/{next(_meetings)}"
        with _patience("arrival"):
            distributed.global_state.client.wait_at_barrier(name, PATIENCE * 1000)


@contextlib.contextmanager
def hold_for_all(
    folder: pathlib.Path, work: str, *, wait: bool = False
) -> Iterator[None]:
    """Holds a folder as `lock.hold` does, in the first process for all of them.

    Of a copy of a folder in a bucket, that folder is held too.

    Raises:
      HeldError: another run's process holds it.
      FirstFailedError: the same, in the other processes.
      ValueError: this process sees another folder under that name.
    """
    file = folder / lock_file(work)
    with contextlib.ExitStack() as held:

        def take() -> bool:
            held.enter_context(hold(folder, work, wait=wait))
            original = buckets.address(file)
            if buckets.in_bucket(original):
                held.enter_context(lease(original, work, wait=wait))
                return False  # Everybody has a copy, and this file is in none of them.
            return file.exists()

        if by_first(take) and not _appears(file):
            raise ValueError(
                f"process {jax.process_index()} does not find {file}, which process 0 "
                "made: the processes of a run need the same folders under the same "
                "names, on storage that all of them see."
            )
        yield
        meet()  # Nobody is at work there any more.


def _appears(file: pathlib.Path) -> bool:
    """Whether a new file is there, which network file systems may show late."""
    end = time.monotonic() + LATE
    while not (there := file.exists()) and time.monotonic() < end:
        time.sleep(0.1)
    return there


@contextlib.contextmanager
def _patience(what: str) -> Iterator[None]:
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        raise TimeoutError(
            f"process {jax.process_index()} of {jax.process_count()} waited in vain "
            f"for another one's {what} ({_first_line(error)})."
        ) from error


def own_rows(n: int) -> Int64[np.ndarray, " k"]:
    """This process's share of n rows; all shares are of one size.

    The last row stands in where there are too few; `gathered` leaves it out again.
    """
    if not several():
        return np.arange(n)
    size = -(-n // jax.process_count())
    return np.minimum(jax.process_index() * size + np.arange(size), n - 1)


def gathered(shares: Any, n: int) -> Any:
    """What all processes made of their `own_rows` of n, in order, in every process.

    Args:
      shares: array [k ...], or several by name.

    Returns:
      Array [n ...], or several by name, in the order given.
    """
    if not several():
        return shares
    if isinstance(shares, Mapping):
        # Not as a tree of JAX, which would sort the names.
        return {name: gathered(share, n) for name, share in shares.items()}
    # As bytes: JAX would make 32 bits of 64.
    raw = np.frombuffer(shares.tobytes(), np.uint8).reshape(len(shares), -1)
    every = multihost_utils.process_allgather(raw, tiled=True)[:n]
    rows = np.frombuffer(every.tobytes(), shares.dtype)
    return rows.reshape(n, *shares.shape[1:])


def stop_agreed() -> bool:
    """Whether one of several processes was sent SIGTERM, and all are to stop here.

    To be asked equally often by all of them. Of a process alone it knows nothing.
    """
    return several() and multihost_utils.reached_preemption_sync_point(next(_asked))


def end_at_once(error: BaseException) -> None:
    """Ends one of several processes that failed, and so the others.

    An orderly end would wait for the others, which wait for this one. Returns where
    the process is alone or ends without a failure.
    """
    well = isinstance(error, SystemExit) and error.code in (None, 0)
    if well or not several():
        return
    if isinstance(error, jax.errors.JaxRuntimeError):
        print(
            f"error: process {jax.process_index()} of {jax.process_count()}: "
            f"{_first_line(error)} If another process died, start all again: the run "
            "goes on from its last checkpoint.",
            file=sys.stderr,
        )
    elif not isinstance(error, SystemExit):
        traceback.print_exception(error)
    elif isinstance(error.code, str):
        print(error.code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    code = getattr(error, "code", 1)
    os._exit(code if isinstance(code, int) else 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]
