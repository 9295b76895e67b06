"""Where the checkpoints of a run are, for who has no need of what is in them."""

from pathlib import Path

from etils import epath

from cmgan_jax.runtime import buckets


def checkpoint_folder(workdir: Path, phase: str) -> epath.Path:
    """Where a phase of a run keeps its checkpoints; of a copy, in the bucket."""
    return _all_phases(workdir) / phase


def _all_phases(workdir: Path) -> epath.Path:
    return epath.Path(buckets.address(workdir)) / buckets.CHECKPOINTS


def forget(workdir: Path) -> None:
    """Removes all checkpoints of a run."""
    if _all_phases(workdir).exists():
        _all_phases(workdir).rmtree()


def steps_saved(workdir: Path, phase: str) -> int:
    """The step of the newest checkpoint of a phase of a run; 0 where there is none."""
    # Without Orbax, which would stumble over what is damaged there.
    saved = [p.parent.name for p in checkpoint_folder(workdir, phase).glob("*/digests")]
    return max((int(name) for name in saved if name.isdecimal()), default=0)
