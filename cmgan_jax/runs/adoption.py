"""Phases that another run has finished, taken over instead of trained again."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etils import epath

from cmgan_jax.runs.checkpoint_folders import steps_saved
from cmgan_jax.runs.checkpoints import Checkpoints, Tree
from cmgan_jax.runs.record import RunRecord, differences, fixed, read_record
from cmgan_jax.systems.interface import System

# What a phase that serves both directions does not depend on.
OWN = ("name", "direction", "gan", "gallery", "note_reader", "run")


def shared_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a configuration that phases serving both directions depend on."""
    return {name: value for name, value in config.items() if name not in OWN}


def adopted(
    workdir: Path, record: RunRecord, system: System, other: Path
) -> frozenset[str]:
    """Names of the phases that a run takes over from another one.

    Those are the phases that serve both directions. What the run has begun itself is
    not among them.

    Args:
      workdir: of the run that takes over.
      record: of that run.
      system: that the record describes.
      other: workdir of the run that has trained them.

    Raises:
      FileNotFoundError: the other folder is not the workdir of a run.
      ValueError: it was made with other data or settings, or has not come so far.
    """
    given = read_record(other)
    different = differences(_relevant(given), _relevant(record))
    if different:
        raise ValueError(
            f"--recognisers_from={other} was made with other settings "
            f"({'; '.join(different)}), so its recognisers are not this run's: leave "
            "the flag out."
        )
    taken = []
    for phase in system.phases:
        if not phase.either_way or steps_saved(workdir, phase.name):
            continue
        done = steps_saved(other, phase.name)
        if done < phase.steps:
            raise ValueError(
                f"--recognisers_from={other} has made {done} of {phase.steps} "
                f"steps of phase {phase.name!r}: let it finish first, or leave the "
                "flag out."
            )
        taken.append(phase.name)
    return frozenset(taken)


def newest(
    folder: epath.Path, items: Mapping[str, Tree]
) -> tuple[int, dict[str, Tree]]:
    """The newest step of a folder of checkpoints and its items; it is left as it is.

    Raises:
      FileNotFoundError: none was finished.
      DamagedCheckpointError, OSError: as `Checkpoints.restore` does.
    """
    with contextlib.closing(Checkpoints(folder)) as checkpoints:
        for step in checkpoints.steps():
            return step, checkpoints.restore(step, items)
    raise FileNotFoundError(
        f"{folder} has no finished checkpoint: let the run that writes there go on "
        "first."
    )


def _relevant(record: RunRecord) -> dict[str, Any]:
    fields = fixed(record)
    kept = ("config", "task", "data_digest", "representation", "class_names")
    kept_fields = {name: fields[name] for name in kept}
    return kept_fields | {"config": shared_settings(record.config)}
