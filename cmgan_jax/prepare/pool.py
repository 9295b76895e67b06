"""The tasks of a plan, run by all cores, their results in the order listed."""

import collections
import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

from cmgan_jax.prepare.plan import Produced, Task
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.signals.representation import Representation

# A worker is one thread: the pool already has one worker per core.
# Of librosa, which loads its parts when they are first used: in every worker.
_LOADED_AT_FIRST_USE = ("librosa.feature.spectral", "librosa.filters")
_ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    )
}


def produce_in_order(
    tasks: Mapping[str, Sequence[Task]],
    representation: Representation,
    *,
    workers: int,
    title: str,
) -> Iterator[tuple[str, Produced]]:
    """Runs every task once in processes of their own, with progress on stderr.

    Only a few results wait in memory at a time, however many tasks there are.
    What the tasks import is imported once, by the server that forks the workers.

    Args:
      tasks: the tasks of every split.
      representation: handed to every task.
      workers: processes; 0 takes one per available core.
      title: opens every progress line.

    Yields:
      Split name and result, in the order of `tasks`.

    Raises:
      RuntimeError: a worker process died.
    """
    workers = workers or available_cores()
    listed = [(split, task) for split, some in tasks.items() for task in some]
    total, done = sum(task.expected for _, task in listed), 0
    progress = Progress(title, total, unit="items", every=3.0)
    pending = iter(listed)
    waiting = collections.deque()
    modules = sorted({type(task).__module__ for _, task in listed})
    with _single_threaded_children(), _pool(workers, modules) as pool:
        while True:
            for split, task in pending:
                future = pool.submit(_produce, task, representation)
                waiting.append((split, task, future))
                if len(waiting) >= 3 * workers:
                    break
            if not waiting:
                break
            split, task, future = waiting.popleft()
            yield split, _result(future, task)
            done += task.expected
            progress.update(done)


def available_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _produce(task: Task, representation: Representation) -> Produced:
    return task.produce(representation)


def _result(future: concurrent.futures.Future, task: Task) -> Produced:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a worker process ended abruptly, most likely for lack of memory: try "
            "--workers=1."
        ) from error
    except Exception as error:
        error.add_note(f"raised by {task!r:.300}")
        raise


@contextlib.contextmanager
def _pool(
    workers: int, modules: list[str]
) -> Iterator[concurrent.futures.ProcessPoolExecutor]:
    # Forking this process is unsafe once JAX or TensorFlow has started threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*modules, *_LOADED_AT_FIRST_USE])
    pool = concurrent.futures.ProcessPoolExecutor(
        workers, mp_context=context, initializer=_prepare_worker
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_worker() -> None:
    """Leaves Ctrl-C to the parent, and ends this worker when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    # The pool's own workers would wait for ever for a parent that is gone.
    def watch(sentinel: int) -> None:
        connection.wait([sentinel])
        os._exit(1)

    sentinel = multiprocessing.parent_process().sentinel
    threading.Thread(target=watch, args=(sentinel,), daemon=True).start()


@contextlib.contextmanager
def _single_threaded_children() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
