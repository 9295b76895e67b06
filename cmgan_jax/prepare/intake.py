"""What tasks produced, on its way into the data: divided, compared, counted, packed.

TensorFlow-free, as are the parts it hands rows to.
"""

from cmgan_jax.prepare.identical import IdenticalRows
from cmgan_jax.prepare.judging import (
    JUDGING,
    TRAIN,
    Judging,
    is_divided,
    lacking_classes,
)
from cmgan_jax.prepare.packing import Packer
from cmgan_jax.prepare.plan import Plan, Produced
from cmgan_jax.prepare.report import PrepareReport


class Intake:
    """Takes the results of a plan's tasks in the order of the plan."""

    def __init__(self, plan: Plan, packer: Packer, report: PrepareReport):
        """Nothing is taken yet.

        Args:
          plan: what the tasks are of.
          packer: gets every row that is kept.
          report: gets every row that is kept, every defect and what is to be noted.
        """
        self._plan = plan
        self._packer = packer
        self._report = report
        self._judging = Judging(plan)
        self._identical = IdenticalRows(plan)

    def add(self, split: str, produced: Produced) -> None:
        """Takes the result of one task.

        Args:
          split: the split whose task it was.
          produced: its rows and defects.
        """
        self._report.add_defects(produced.defects)
        self._report.hearing.add(produced.heard)
        for name, divided in self._judging.divide(split, produced.split).items():
            rows, defects = self._identical.sift(name, divided)
            self._report.add_defects(defects)
            self._report.add(name, rows)
            self._packer.add(name, rows)

    def finish(self) -> None:
        """Decides whether judges get a split of their own, once all is taken."""
        if {JUDGING, TRAIN} <= set(self._report.counts):
            lacking = lacking_classes(self._report.counts, self._plan.class_names)
            listed = "; ".join(
                f"{modality} of {', '.join(names)}"
                for modality, names in lacking.items()
            )
            if not is_divided(self._plan):
                if lacking:
                    self._report.note(f"the split judging has none of these: {listed}.")
            elif lacking:
                self._put_back(listed)
            else:
                self._report.note(
                    "judging: one song in five of every class of train, set aside for "
                    "the judges; no model is trained on it."
                )
        self._report.identical = self._identical.summary()

    def _put_back(self, lacking: str) -> None:
        self._packer.put_back()
        self._report.put_back()
        freed = self._identical.put_back()
        self._report.note(
            "no split judging: judges need songs of every class that no model is "
            f"trained on, and train has only one song each of these: {lacking}. Judges "
            "learn from train, as models do."
        )
        if freed and self._plan.identical == "defect":
            self._report.note(f"{freed} rows of train that repeat others are left out.")
