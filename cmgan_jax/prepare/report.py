"""prepare_report.json: what went into a data set, what did not, and why."""

import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from cmgan_jax.data.items import Split
from cmgan_jax.prepare.hearing import Hearing
from cmgan_jax.prepare.judging import JUDGING, TRAIN, split_names
from cmgan_jax.prepare.plan import Defect, Plan
from cmgan_jax.runtime.names import counted
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.representation import Representation

REPORT_FILE = "prepare_report.json"
DEFECTS_SHOWN = 50
NOTES_SHOWN = 10


class PrepareReport:
    """Counts and defects, gathered while the tasks run.

    Attributes:
      counts: rows of every class, int64 [c], by split and modality.
      identical: `IdenticalRows.summary` once all rows are packed.
      hearing: how much of the recordings became rows.
    """

    def __init__(
        self,
        *,
        dataset: str,
        version: str,
        representation: Representation,
        settings: dict[str, Any],
        plan: Plan,
        source: dict[str, Any] | None = None,
    ):
        """Starts from the defects and notes of the plan.

        Args:
          dataset: name of the data set.
          version: version of its builder.
          representation: as asked for.
          settings: as asked for, JSON.
          plan: class names, splits, defects and notes so far.
          source: `list_source` of the material, if there is any.
        """
        self._header = {
            "dataset": dataset,
            "version": version,
            "settings": settings,
            "representation": representation.to_json(),
        }
        self._source = source
        self._class_names = plan.class_names
        self._notes = list(plan.notes)
        self._defects = list(plan.defects)
        zeros = np.zeros(len(plan.class_names), np.int64)
        self.counts = {
            split: {"image": zeros.copy(), "sound": zeros.copy()}
            for split in split_names(plan)
        }
        self._planned = tuple(plan.tasks)
        self.identical: list[dict[str, Any]] = []
        self.hearing = Hearing()

    def add_defects(self, defects: Iterable[Defect]) -> None:
        """Lists what was found wrong while the tasks ran."""
        self._defects.extend(defects)

    def add(self, split: str, rows: Split) -> None:
        """Counts rows of one split."""
        for kind, counts in self.counts[split].items():
            labels = getattr(rows, kind).label
            counts += np.bincount(labels, minlength=len(counts))

    def put_back(self) -> None:
        """Counts the rows of judging as rows of train."""
        for kind, counts in self.counts.pop(JUDGING).items():
            self.counts[TRAIN][kind] += counts

    def note(self, sentence: str) -> None:
        """Adds to the notes."""
        self._notes.append(sentence)

    def check(self, *, on_bad: str, failed_report: pathlib.Path) -> None:
        """Ends the build if there are defects not to be skipped, or nothing is left.

        Args:
          on_bad: "fail" or "skip".
          failed_report: the file the report is written to before failing; that of an
            earlier failure is removed otherwise.

        Raises:
          ValueError: lists the first defects and their number by kind.
        """
        reason = None
        if on_bad == "fail" and self._defects:
            reason = "Mend the files, or leave them out with --on_bad=skip."
        elif self._is_empty("train"):
            reason = "Nothing usable is left for the train split."
        if reason is None:
            failed_report.unlink(missing_ok=True)
            return
        self.write(failed_report)
        raise ValueError(
            f"{_printable(self._complaint())}\nNothing was prepared. {reason} All of "
            f"it is listed in {failed_report}."
        )

    def write(self, file: pathlib.Path) -> None:
        """Writes the report, whole or not at all."""
        counts = {
            split: {
                kind: dict(zip(self._class_names, rows.tolist(), strict=True))
                for kind, rows in kinds.items()
            }
            for split, kinds in self.counts.items()
        }
        left_out = [
            f"split {split!r} has no items of one modality and was left out."
            for split in self._planned
            if self._is_empty(split)
        ]
        defects = {
            "count": len(self._defects),
            "by_kind": self._by_kind(),
            "all": [
                {key: _printable(v) for key, v in dataclasses.asdict(defect).items()}
                for defect in self._defects
            ],
        }
        content = self._header | {
            "items": counts,
            "defects": defects,
            "identical_across_splits": self.identical,
            "hearing": self.hearing.summary(),
            "notes": [_printable(note) for note in self._notes + left_out],
        }
        if self._source is not None:
            content["source"] = self._source
        write_json(file, content)

    def _by_kind(self) -> dict[str, int]:
        kinds = collections.Counter(defect.kind for defect in self._defects)
        return dict(kinds.most_common())

    def _is_empty(self, split: str) -> bool:
        kinds = self.counts.get(split, {"image": np.zeros(0)})
        return not all(rows.any() for rows in kinds.values())

    def _complaint(self) -> str:
        shown = [
            f"  {defect.kind}: {defect.path}: {defect.detail}"
            for defect in self._defects[:DEFECTS_SHOWN]
        ]
        hidden = len(self._defects) - len(shown)
        if hidden:
            shown.append(f"  ... and {hidden} more.")
        kinds = ", ".join(f"{n} {kind}" for kind, n in self._by_kind().items())
        return "\n".join(
            [
                f"{counted(len(self._defects), 'defect')} in the material.",
                *shown,
                *(f"Note: {note}" for note in self._notes[:NOTES_SHOWN]),
                f"By kind: {kinds or 'none'}.",
            ]
        )


def _printable(text: str) -> str:
    """A library's text may quote a name whose bytes are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_report(folder: pathlib.Path) -> dict[str, Any]:
    """The report of finished data.

    Raises:
      FileNotFoundError: there is none.
      ValueError: it is damaged.
    """
    file = folder / REPORT_FILE
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing: prepare again with --update.")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(
            f"{file} is damaged ({error}): prepare again with --update."
        ) from error
