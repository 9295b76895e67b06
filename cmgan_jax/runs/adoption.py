"""Phases that another run has finished, taken over instead of trained again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etils import epath

from cmgan_jax.runs.checkpoints import checkpoint_folder, steps_saved
from cmgan_jax.runs.record import RunRecord, differences, fixed, read_record
from cmgan_jax.runtime import processes
from cmgan_jax.systems.interface import System

# What a phase that serves both directions does not depend on.
OWN = ("name", "direction", "gan", "gallery", "note_reader", "run")


def shared_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a configuration that phases serving both directions depend on."""
    return {name: value for name, value in config.items() if name not in OWN}


def adopt(workdir: Path, record: RunRecord, system: System, other: Path) -> None:
    """Copies the phases that serve both directions from another run.

    What the run has begun itself stays as it is.

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
    for phase in system.phases:
        own = checkpoint_folder(workdir, phase.name)
        if not phase.either_way or processes.by_first(own.exists):
            continue
        done = steps_saved(other, phase.name)
        if done < phase.steps:
            raise ValueError(
                f"--recognisers_from={other} has made {done} of {phase.steps} "
                f"steps of phase {phase.name!r}: let it finish first, or leave the "
                "flag out."
            )
        found = checkpoint_folder(other, phase.name)
        processes.by_first(lambda found=found, own=own: _copy(found, own))


def _copy(found: epath.Path, own: epath.Path) -> None:
    begun = own.parent / f".{own.name}.copied"
    if begun.exists():
        begun.rmtree()
    _copy_tree(found, begun)
    begun.rename(own)


def _copy_tree(source: epath.Path, target: epath.Path) -> None:
    # Of any kind of storage to any other; Orbax's folders are a few levels deep.
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy_tree(entry, target / entry.name)
        else:
            entry.copy(target / entry.name)


def _relevant(record: RunRecord) -> dict[str, Any]:
    fields = fixed(record)
    kept = ("config", "task", "data_digest", "representation", "class_names")
    kept_fields = {name: fields[name] for name in kept}
    return kept_fields | {"config": shared_settings(record.config)}
