"""A file that kills or fails its worker costs no other file."""

import dataclasses
import os
import signal
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from cmgan_jax.data.items import Split, make_items
from cmgan_jax.prepare import pool
from cmgan_jax.prepare.plan import Defect, Produced
from cmgan_jax.prepare.pool import produce_in_order
from cmgan_jax.signals.representation import Representation

REPRESENTATION = Representation(image_size=16)


def rows(stems):
    array = np.zeros((len(stems), 1, 1, 1), np.uint8)
    items = make_items(array, label=0, stem=list(stems))
    return Split(items, items)


@dataclasses.dataclass(frozen=True)
class Reading:
    """Reads files whose names say what happens; a moment is files joined by +."""

    moments: tuple[str, ...]

    @property
    def expected(self) -> int:
        return len(self.moments)

    def produce(self, representation):
        for moment in self.moments:
            for file in moment.split("+"):
                if file == "kills":
                    os.kill(os.getpid(), signal.SIGKILL)
                if file == "hungry":
                    raise MemoryError("Unable to allocate 1.13 TiB")
                if file == "raises":
                    raise KeyError("chunk")
        return Produced(rows(self.moments))

    def parts(self):
        if len(self.moments) > 1:
            return tuple(Reading((moment,)) for moment in self.moments)
        files = self.moments[0].split("+")
        return tuple(Reading((file,)) for file in files) if len(files) > 1 else ()

    def lost(self, representation, kind, reason):
        files = [file for moment in self.moments for file in moment.split("+")]
        defects = tuple(Defect(file, kind, reason) for file in files)
        return Produced(rows(()), defects)


@dataclasses.dataclass(frozen=True)
class Indivisible:
    expected: int = 1

    def produce(self, representation):
        os.kill(os.getpid(), signal.SIGKILL)


def run(*tasks, workers=2, produce=produce_in_order):
    stems, defects = [], []
    for split, produced in produce(
        {"train": tasks}, REPRESENTATION, workers=workers, title="test"
    ):
        assert split == "train"
        stems += produced.split.image.stem.tolist()
        defects += produced.defects
    return stems, {defect.path: defect.detail for defect in defects}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("kills", "kills its reader"),
        ("hungry", "needs more memory"),
        ("raises", "KeyError: 'chunk'"),
    ],
)
def test_one_bad_file_among_many(bad, said):
    tasks = [Reading((f"a{i}+b{i}", f"c{i}")) for i in range(9)]
    tasks[4] = Reading(("before", f"x+{bad}", "after"))
    stems, defects = run(*tasks)
    expected = [m for task in tasks for m in task.moments if bad not in m]
    assert stems == expected
    # Its partner can be read and is not named.
    assert list(defects) == [bad] and said in defects[bad]


def test_several_bad_files_and_a_single_worker():
    require_all_but_the_bad(produce_in_order)


def require_all_but_the_bad(produce):
    tasks = Reading(("kills", "a")), Reading(("b", "kills+hungry"))
    stems, defects = run(*tasks, workers=1, produce=produce)
    assert stems == ["a", "b"] and set(defects) == {"kills", "hungry"}


class Dying:
    """Workers of which the first dies, and what waits behind it is cancelled."""

    def __init__(self, workers, modules):
        self._fates = iter(("dies", "cancelled") if workers > 1 else ())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, task, representation):
        future, fate = Future(), next(self._fates, "")
        if fate == "dies":
            future.set_exception(BrokenProcessPool())
        elif not fate or not future.cancel():
            future.set_result(task.produce(representation))
        return future

    def is_broken(self, error):
        return isinstance(error, BrokenProcessPool)


def test_what_is_cancelled_with_a_dying_worker_is_done_again(monkeypatch):
    monkeypatch.setattr(pool, "_Workers", Dying)
    assert run(Reading(("a",)), Reading(("b",))) == (["a", "b"], {})


def test_what_cannot_be_divided_ends_the_run_with_a_reason():
    with pytest.raises(RuntimeError, match="most likely for lack of memory"):
        run(Indivisible())
