"""What a data set's builder says before anything is computed: its plan of tasks.

A builder lists tasks; `PairedBuilder` runs them in a pool of processes and
packs what they produce, in the order listed, so the result does not depend on the
number of workers. This module is TensorFlow-free, and so should be every module that
defines a task: worker processes import it, and TensorFlow would cost each one seconds
and half a gigabyte.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from cmgan_jax.data.items import PAIRINGS, Split
from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True)
class Defect:
    """One thing wrong with the material a data set is made from.

    Attributes:
      path: the file or folder, as the user knows it (relative to the source).
      kind: a short fixed name to count by, such as "unreadable_audio", "silence",
        "orphan_stem"; lower case with underscores.
      detail: one sentence: what was found and what was expected.
    """

    path: str
    kind: str
    detail: str


@dataclasses.dataclass(frozen=True)
class Heard:
    """How much of one recording became rows.

    Attributes:
      path: the file, as the user knows it.
      seconds: how long it lasts.
      used: seconds of it that lie in the window of a row.
      notes: sentences on what was done to it, such as a channel that was left out.
    """

    path: str
    seconds: float
    used: float
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Produced:
    """What one task gives: some rows of its split, and what was wrong on the way.

    Attributes:
      split: image and sound rows (`items.make_items`). Image rows are uint8
        [n h w 3] of the representation's `image_shape`, sound rows uint8 [n h w c]
        of its `sound_shape`. With stem pairing both have the same rows; with class
        pairing either may have any number, none included. Bad material is left out
        of the rows and named in `defects`; it is never an exception.
      defects: everything found wrong; whether it ends the build is not the task's
        business.
      heard: every recording read, in the order of the rows.
    """

    split: Split
    defects: tuple[Defect, ...] = ()
    heard: tuple[Heard, ...] = ()


# What is done with rows that are byte for byte the same in different splits.
IDENTICAL = ("report", "defect")


@runtime_checkable
class Task(Protocol):
    """A picklable piece of work, best a frozen dataclass of plain values.

    Aim at 0.1 to 5 seconds a task (one song, one folder's hundred files): its result
    crosses a process boundary and waits in memory for its turn.

    Attributes:
      expected: number of rows of the larger modality it will produce, as well as that
        is known beforehand; used for progress only.
    """

    @property
    def expected(self) -> int:
        """Rows expected, for progress."""

    def produce(self, representation: Representation) -> Produced:
        """Reads or makes the material and turns it into rows.

        Deterministic: the same task and representation give the same bytes in any
        process.
        """


@runtime_checkable
class Divisible(Protocol):
    """A task that can be done file by file, so that one file does not cost the others.

    If a worker dies or raises over a task, `pool` runs its parts alone.
    """

    def parts(self) -> Sequence[Task]:
        """Tasks of one moment each; of a single moment its files; of one file none."""

    def lost(self, representation: Representation, kind: str, reason: str) -> Produced:
        """No rows, and a defect of this kind and reason for every file."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """A data set, decided but not yet computed.

    Attributes:
      class_names: names in label order.
      pairing: "stem" (image row i and sound row i are one moment) or "class".
      songs: names; items' `song` indexes it. Empty where songs are unknown.
      performers: names; items' `performer` indexes it. Empty where unknown.
      tasks: the tasks of every split, in row order. Split names: train, validation,
        test, and more if the data set has them. A split whose tasks produce nothing
        is left out of the data and noted in the report. Unless one is named judging,
        songs of train are set aside for it, see `judging`.
      defects: found while listing (orphan stems, empty folders, ...).
      notes: sentences for prepare_report.json, such as how the counts compare with
        published ones.
      identical: what rows are whose bytes another split has too, see `identical`:
        "report" keeps and counts them, for released data that must stay what everyone
        else has; "defect" leaves the later one out and lists it.
    """

    class_names: tuple[str, ...]
    pairing: str
    tasks: Mapping[str, Sequence[Task]]
    songs: tuple[str, ...] = ()
    performers: tuple[str, ...] = ()
    defects: tuple[Defect, ...] = ()
    notes: tuple[str, ...] = ()
    identical: str = "report"

    def __post_init__(self):
        if self.identical not in IDENTICAL:
            raise ValueError(
                f"identical={self.identical!r} is unknown; known: "
                f"{', '.join(IDENTICAL)}."
            )
        if self.pairing not in PAIRINGS:
            raise ValueError(
                f"pairing={self.pairing!r} is unknown; known: {', '.join(PAIRINGS)}."
            )
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError(f"class_names has duplicates: {self.class_names}.")
