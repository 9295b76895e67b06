"""Checkpoints in Orbax: items saved together, restored one by one, checked by digest.

Orbax restores a file with a flipped bit, or the files of another step, without a word:
every item is saved with a digest of its step and its bits, computed on the devices and
compared after restoring.
"""

import contextlib
import dataclasses
import operator
import os
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import orbax.checkpoint as ocp
from etils import epath

from cmgan_jax.runs.damage import (
    DamagedCheckpointError,
    first_line,
    require_damage,
    set_aside,
    unreadable_scores,
)
from cmgan_jax.runs.digest import digest
from cmgan_jax.runtime import buckets, processes

Tree = Any


def abstract(tree: Tree, sharding: jax.sharding.Sharding) -> Tree:
    """Shapes and dtypes of a tree of arrays, to be restored with this sharding."""
    return jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), tree
    )


# What checkpoints are chosen by, where they are chosen: the least is the best.
SCORE = "validation_distance"


class Checkpoints:
    """The checkpoints of one phase in one folder, a sub-folder per step."""

    def __init__(self, folder: str | os.PathLike, *, keep: int | None = None):
        """Opens a folder of checkpoints.

        Args:
          folder: where the steps are; made if it is to be written.
          keep: how many of the newest steps stay, and the one of the least score; None
            opens for reading only, which leaves a run that is writing there
            undisturbed.

        Raises:
          DamagedCheckpointError: opened for reading, and the scores of a step cannot be
            read; opened for more, such steps are renamed out of the way.
        """
        if not buckets.in_bucket(folder):
            folder = os.path.realpath(folder)
        self._folder = epath.Path(folder)
        self._keep = keep
        self._manager = self._open()

    def _open(self) -> ocp.CheckpointManager:
        self._require_readable_scores()
        scored = {"best_fn": operator.itemgetter(SCORE), "best_mode": "min"}
        if self._keep is None:
            options = ocp.CheckpointManagerOptions(read_only=True, **scored)
        else:
            policies = ocp.checkpoint_managers
            best = policies.BestN(
                get_metric_fn=scored["best_fn"],
                reverse=True,
                n=1,
                keep_checkpoints_without_metrics=False,
            )
            kept = [policies.LatestN(self._keep), best]
            options = ocp.CheckpointManagerOptions(
                preservation_policy=policies.AnyPreservationPolicy(kept),
                cleanup_tmp_directories=True,
                **scored,
            )
        return ocp.CheckpointManager(self._folder, options=options)

    def _require_readable_scores(self) -> None:
        # Orbax reads the scores of all steps where it opens a folder.
        if self._keep is None:
            for reason in unreadable_scores(self._folder).values():
                raise DamagedCheckpointError(reason)
        else:
            processes.by_first(
                lambda: set_aside(self._folder, unreadable_scores(self._folder))
            )

    def steps(self) -> list[int]:
        """Steps with a finished checkpoint, newest first."""
        known = processes.by_first(lambda: list(self._manager.all_steps()))
        return sorted(known, reverse=True)

    def scores(self, step: int) -> dict[str, float]:
        """What was saved as the scores of a step; empty where there were none.

        Raises:
          DamagedCheckpointError: they cannot be read.
          OSError: the storage failed.
        """
        return processes.by_first(lambda: self._scores(step))

    def _scores(self, step: int) -> dict[str, float]:
        where = self._folder / str(step)
        try:
            return dict(self._manager.metrics(step) or {})
        except Exception as error:
            require_damage(error, where)
            raise DamagedCheckpointError(
                f"the scores of the checkpoint {where} cannot be read: "
                f"{first_line(error)}"
            ) from error

    def best(self) -> int | None:
        """The step whose SCORE is the least; None where no step has one."""
        scored = [step for step in self.steps() if SCORE in self.scores(step)]
        return min(scored, key=lambda step: self.scores(step)[SCORE], default=None)

    def save(
        self,
        step: int,
        items: Mapping[str, Tree],
        scores: Mapping[str, float] | None = None,
    ) -> None:
        """Starts to save items under a step; a step already saved stays as it is.

        Args:
          step: updates made so far.
          items: trees of arrays by name.
          scores: what was measured of them, SCORE among it; None where nothing was.

        Raises:
          OSError: an earlier save failed (disk full, for one).
        """
        with self._writing():
            self._manager.wait_until_finished()
        if step in self.steps():
            return
        digests = {name: digest(tree, step=step) for name, tree in items.items()}
        arguments = {name: ocp.args.StandardSave(tree) for name, tree in items.items()}
        arguments["digests"] = ocp.args.JsonSave(digests)
        with self._writing():
            self._manager.save(
                step, args=ocp.args.Composite(**arguments), metrics=scores, force=True
            )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One line for whatever Orbax and TensorStore say of a save that failed."""
        try:
            yield
        except (ValueError, OSError, RuntimeError) as error:
            raise OSError(
                f"a checkpoint in {self._folder} could not be written: "
                f"{first_line(error)} Those saved before are as they were."
            ) from error

    def restore(self, step: int, items: Mapping[str, Tree]) -> dict[str, Tree]:
        """Restores the items named, and nothing else.

        Args:
          step: one of steps().
          items: name to tree of abstract arrays with shardings (see abstract).

        Raises:
          DamagedCheckpointError: the files are damaged or their digest differs.
          OSError: the storage failed.
        """
        where = self._folder / str(step)
        try:
            arguments = {
                name: ocp.args.StandardRestore(_as_saved(tree, where / name))
                for name, tree in items.items()
            }
            arguments["digests"] = ocp.args.JsonRestore()
            found = self._manager.restore(step, args=ocp.args.Composite(**arguments))
        except Exception as error:  # Orbax raises five types for damage, one bare.
            require_damage(error, where)
            raise DamagedCheckpointError(
                f"the checkpoint {where} cannot be read: {first_line(error)}"
            ) from error
        recorded = found["digests"]
        if not isinstance(recorded, dict):
            raise DamagedCheckpointError(f"the checkpoint {where} has no digests.")
        restored = {name: _like(tree, found[name]) for name, tree in items.items()}
        for name in items:
            if digest(restored[name], step=step) != recorded.get(name):
                raise DamagedCheckpointError(
                    f"the checkpoint {where} is damaged: {name!r} differs from what "
                    "was saved."
                )
        return restored

    def restore_newest(
        self, items: Mapping[str, Tree]
    ) -> tuple[int, dict[str, Tree]] | None:
        """The newest sound checkpoint; damaged newer ones are renamed out of the way.

        So is the best one, if it is another and damaged: what generates is read there.

        Returns:
          (step, items), or None if the folder holds no checkpoint.

        Raises:
          DamagedCheckpointError: there are checkpoints, and none can be restored as
            what is asked for. They stay where they are.
          OSError: the storage failed, or shows processes different things.
        """
        damaged: dict[int, str] = {}
        for step in self.steps():
            try:
                restored = self._sound(step, items)
            except DamagedCheckpointError as error:
                damaged[step] = str(error)
            if processes.by_first(lambda step=step: step in damaged) != (
                step in damaged
            ):
                raise OSError(
                    f"{self._folder / str(step)} can be read in one process and not in "
                    "another: the storage is at fault. Start again."
                )
            if step in damaged:
                continue
            self._set_aside(damaged)
            self._require_best_sound(step, items)
            return step, restored
        if damaged:
            raise DamagedCheckpointError(
                f"no checkpoint in {self._folder} can be restored: "
                f"{next(iter(damaged.values()))} If the software changed, go on with "
                "the version that wrote it; to start anew, move the folder away."
            )
        return None

    def _sound(self, step: int, items: Mapping[str, Tree]) -> dict[str, Tree]:
        """The items of a step whose scores can be read as well."""
        self.scores(step)
        return self.restore(step, items)

    def _require_best_sound(self, newest: int, items: Mapping[str, Tree]) -> None:
        while (best := self.best()) not in (None, newest):
            try:
                self._sound(best, items)
                return
            except DamagedCheckpointError as error:
                self._set_aside({best: str(error)})

    def _set_aside(self, damaged: Mapping[int, str]) -> None:
        if damaged:
            self._manager.close()
            processes.meet()  # Nobody has the folder open any more.
            processes.by_first(lambda: set_aside(self._folder, damaged))
            self._manager = self._open()

    def close(self) -> None:
        """Waits for the save under way.

        Raises:
          OSError: that save failed.
        """
        with self._writing():
            self._manager.wait_until_finished()
            self._manager.close()


def _as_saved(tree: Tree, folder: epath.Path) -> Tree:
    """A state without empty fields that the version which saved it did not know."""
    if not dataclasses.is_dataclass(tree):
        return tree
    saved = ocp.StandardCheckpointer().metadata(folder).item_metadata
    fields = vars(tree).items()
    return {name: one for name, one in fields if one is not None or name in saved}


def _like(tree: Tree, restored: Tree) -> Tree:
    """What was restored, with all its fields."""
    known = dataclasses.is_dataclass(tree)
    return dataclasses.replace(tree, **restored) if known else restored
