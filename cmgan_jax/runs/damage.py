"""Damaged checkpoints: told from a storage that fails, named, moved out of the way."""

import json
import time
from collections.abc import Mapping

from etils import epath

# What TensorStore says where the storage fails and not what is stored.
_STORAGE_FAILED = ("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "UNAVAILABLE")


class DamagedCheckpointError(ValueError):
    """A checkpoint that cannot be read, or reads as something else than was saved."""


def require_damage(error: Exception, where: epath.Path) -> None:
    """Lets through what says nothing of the checkpoint: storage or memory failed.

    Args:
      error: raised where a checkpoint was read.
      where: the folder of that checkpoint.

    Raises:
      OSError: the storage could not be read.
      MemoryError: as it was raised.
    """
    missing = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
    if isinstance(error, MemoryError):
        raise error
    failed = isinstance(error, OSError) and not isinstance(error, missing)
    if failed or any(word in str(error) for word in _STORAGE_FAILED):
        raise OSError(
            f"{where} could not be read, which says nothing of its content: "
            f"{first_line(error)}"
        ) from error


def first_line(error: Exception) -> str:
    """What an error says first, without all that TensorStore knows of the array."""
    return str(error).split("\n")[0].partition(" See full TensorStore")[0][:300]


def unreadable_scores(folder: epath.Path) -> dict[int, str]:
    """Steps below a folder of checkpoints whose scores are damaged, and how."""
    damaged = {}
    for file in folder.glob("[0-9]*/metrics/metrics"):
        if not file.parents[1].name.isdecimal():  # Set aside before, or being written.
            continue
        try:
            json.loads(file.read_bytes())
        except FileNotFoundError:  # A run that goes on has removed the step.
            continue
        except ValueError as error:
            step = file.parents[1]
            damaged[int(step.name)] = (
                f"the scores of the checkpoint {step} are damaged: {error}"
            )
    return damaged


def set_aside(folder: epath.Path, damaged: Mapping[int, str]) -> None:
    """Renames steps of a folder of checkpoints to STEP.damaged-TIME, and says so.

    Args:
      folder: nobody has a step of it open.
      damaged: what is wrong with each of the steps.
    """
    for step, reason in damaged.items():
        source = folder / str(step)
        aside = source.with_name(f"{step}.damaged-{time.time_ns() // 1_000_000}")
        source.rename(aside)
        print(f"{reason}\nIt is now {aside}.", flush=True)
