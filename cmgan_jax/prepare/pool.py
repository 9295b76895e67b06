"""The tasks of a plan, run by all cores, their results in the order listed.

A file that kills the process that reads it, or makes it raise, costs no other file: the
tasks it took with it are run again, its own file by file in a worker of their own.
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

from cmgan_jax.prepare.plan import Divisible, Produced, Task
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
      RuntimeError: workers cannot start, or one died over a task that is not divisible.
    """
    workers = workers or available_cores()
    listed = [(split, task) for split, some in tasks.items() for task in some]
    total, done = sum(task.expected for _, task in listed), 0
    progress = Progress(title, total, unit="items", every=3.0)
    pending = iter(listed)
    waiting: collections.deque[list] = collections.deque()
    modules = sorted({type(task).__module__ for _, task in listed})
    with _single_threaded_children(), _Workers(workers, modules) as pool:
        while True:
            for split, task in pending:
                waiting.append([split, task, pool.submit(task, representation)])
                if len(waiting) >= 3 * workers:
                    break
            if not waiting:
                break
            split, task, future = waiting.popleft()
            error = future.exception()
            if error is None:
                yield split, future.result()
            else:
                if pool.is_broken(error):
                    _submit_again(waiting, pool, representation)
                for produced in _file_by_file(task, representation, error, modules):
                    yield split, produced
            done += task.expected
            progress.update(done)


def _submit_again(
    waiting: Iterable[list], pool: "_Workers", representation: Representation
) -> None:
    """Gives tasks that a dying worker took with it to new workers."""
    for entry in waiting:
        _, task, future = entry
        done = future.done() and not future.cancelled()
        if not done or future.exception() is not None:
            entry[2] = pool.submit(task, representation)


def _file_by_file(
    task: Task, representation: Representation, error: Exception, modules: list[str]
) -> Iterator[Produced]:
    """What can be had of a task whose worker failed; names the files that cannot."""
    if not isinstance(task, Divisible):
        raise _explained(error, task) from error
    with _Workers(1, modules) as alone:
        for part in task.parts() if len(task.parts()) > 1 else (task,):
            try:
                yield alone.submit(part, representation).result()
            except Exception as failure:
                alone.is_broken(failure)
                yield _culprits(part, representation, failure, alone)


def _culprits(
    part: Divisible, representation: Representation, failure: Exception, alone
) -> Produced:
    """No rows of a moment, and a defect for every file of it that fails by itself."""
    found = []
    for file in part.parts():
        try:
            found += alone.submit(file, representation).result().defects
        except Exception as error:
            alone.is_broken(error)
            found += file.lost(representation, *_reason(error)).defects
    lost = part.lost(representation, *_reason(failure))
    return dataclasses.replace(lost, defects=tuple(found) or lost.defects)


def _reason(error: Exception) -> tuple[str, str]:
    """Kind and detail of the defect of a file over which a worker failed."""
    if isinstance(error, BrokenProcessPool):
        return "kills_reader", (
            "kills its reader: the process that read it alone ended abruptly, for lack "
            "of memory or by a fault of a library. Convert the file, or leave it out."
        )
    if isinstance(error, MemoryError):
        detail = f"needs more memory to be read than there is. {error}".rstrip()
        return "out_of_memory", detail
    return "unreadable", f"cannot be read ({type(error).__name__}: {error})."


def _explained(error: Exception, task: Task) -> Exception:
    if isinstance(error, BrokenProcessPool):
        return RuntimeError(
            "a worker process ended abruptly, most likely for lack of memory: try "
            "--workers=1."
        )
    error.add_note(f"raised by {task!r:.300}")
    return error


def available_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _produce(task: Task, representation: Representation) -> Produced:
    return task.produce(representation)


class _Workers:
    """A pool of processes that is replaced when one of them dies."""

    def __init__(self, workers: int, modules: list[str]):
        # Forking this process is unsafe once JAX or TensorFlow has started threads.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*modules, *_LOADED_AT_FIRST_USE])
        self._workers = workers
        self._pool = self._start()

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_) -> None:
        self._pool.shutdown(cancel_futures=True)

    def submit(self, task: Task, representation: Representation):
        """A future of what the task produces."""
        try:
            return self._pool.submit(_produce, task, representation)
        except BrokenProcessPool as error:
            self.is_broken(error)
            return self._pool.submit(_produce, task, representation)

    def is_broken(self, error: Exception) -> bool:
        """Whether an error means that a worker died; then there are new ones."""
        if not isinstance(error, BrokenProcessPool):
            return False
        self._pool.shutdown(cancel_futures=True)
        self._pool = self._start()
        try:
            self._pool.submit(os.getpid).result()
        except BrokenProcessPool as broken:
            raise RuntimeError(
                "worker processes end as soon as they start: not enough memory, or a "
                "limit on processes?"
            ) from broken
        return True

    def _start(self) -> concurrent.futures.ProcessPoolExecutor:
        return concurrent.futures.ProcessPoolExecutor(
            self._workers, mp_context=self._context, initializer=_prepare_worker
        )


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
                os.environ.pop(name, None)  # Beam may run several in one process
            else:
                os.environ[name] = value
