"""The folder of one run: its files and the configuration it was made with."""

import dataclasses
import json
import platform
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cmgan_jax
from cmgan_jax.data.items import DIRECTIONS
from cmgan_jax.data.prepared import PREPARED_FILE, PreparedData, file_digest
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.sa_cmgan import Task

VERSIONED = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")
# What may change between the sessions of one run: how long and how often.
ADJUSTABLE = ("run.", "gan.steps", "classifier.steps")


def versions() -> dict[str, str]:
    """Versions of this package, of Python and of what computes."""
    found = {"cmgan_jax": cmgan_jax.__version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in VERSIONED}


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What a run was made with: the content of its config.json.

    Attributes:
      config: every field of the resolved configuration.
      task: what the system turns into what.
      data: folder of the prepared data set.
      data_digest: SHA-256 of its description, which holds the digest of every file.
      dataset: name of the data set.
      representation: of its pictures and sounds.
      class_names: of its labels.
      versions: of the software that started the run.
    """

    config: dict[str, Any]
    task: Task
    data: str
    data_digest: str
    dataset: str
    representation: Representation
    class_names: tuple[str, ...]
    versions: dict[str, str]

    @property
    def direction(self) -> str:
        """ "s2i" or "i2s"."""
        return self.config["direction"]

    @property
    def settings(self) -> SimpleNamespace:
        """The configuration with attribute access, as systems.assemble reads it."""
        return json.loads(
            json.dumps(self.config), object_hook=lambda tree: SimpleNamespace(**tree)
        )

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return dataclasses.asdict(self)


def new_record(config: dict[str, Any], prepared: PreparedData) -> RunRecord:
    """The record of a run that starts now.

    Args:
      config: every field of the resolved configuration.
      prepared: the data set to train on.

    Raises:
      ValueError: the configuration's direction is unknown.
    """
    direction, representation = config["direction"], prepared.representation
    if direction not in DIRECTIONS:
        raise ValueError(
            f"config.direction={direction!r} is unknown; known: "
            f"{', '.join(DIRECTIONS)}. Write it after the configuration: "
            "--config=configs/sa_cmgan.py:i2s"
        )
    shapes = [representation.sound_shape, representation.image_shape]
    source_shape, target_shape = shapes if direction == "s2i" else shapes[::-1]
    return RunRecord(
        config=config,
        task=Task(
            source_shape=source_shape,
            target_shape=target_shape,
            num_classes=len(prepared.class_names),
            stem_aligned=prepared.pairing == "stem",
        ),
        data=str(prepared.path.resolve()),
        data_digest=file_digest(prepared.path / PREPARED_FILE),
        dataset=prepared.dataset,
        representation=representation,
        class_names=prepared.class_names,
        versions=versions(),
    )


def write_record(workdir: Path, record: RunRecord) -> None:
    """Writes config.json."""
    write_json(workdir / "config.json", record.to_json())


def read_record(workdir: Path) -> RunRecord:
    """Reads config.json.

    Raises:
      FileNotFoundError: the folder is not the workdir of a run.
    """
    path = workdir / "config.json"
    if not path.exists():
        raise FileNotFoundError(
            f"{workdir} holds no config.json, so it is not the workdir of a run. Give "
            "the folder that --workdir named when training."
        )
    fields = json.loads(path.read_text())
    task = fields["task"]
    shapes = {name: tuple(task[name]) for name in ("source_shape", "target_shape")}
    return RunRecord(
        **{
            **fields,
            "task": Task(**{**task, **shapes}),
            "representation": Representation.from_json(fields["representation"]),
            "class_names": tuple(fields["class_names"]),
        }
    )


def require_continuable(old: RunRecord, new: RunRecord, workdir: Path) -> None:
    """Refuses to continue a run with something else than it was started with.

    Raises:
      ValueError: names every field that differs, with both values.
    """
    before, after = _flat(_fixed(old)), _flat(_fixed(new))
    different = [
        f"{name}: {before.get(name)!r} -> {after.get(name)!r}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
        and not name.removeprefix("config.").startswith(ADJUSTABLE)
    ]
    if different:
        raise ValueError(
            f"{workdir} was started with other settings ("
            + "; ".join(different)
            + "). Use the old settings to continue it, or another --workdir."
        )


def _fixed(record: RunRecord) -> dict[str, Any]:
    fields = json.loads(json.dumps(record.to_json()))
    return {key: fields[key] for key in fields if key not in ("versions", "data")}


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(tree, dict):
        return {prefix.rstrip("."): tree}
    return {
        name: leaf
        for key, branch in tree.items()
        for name, leaf in _flat(branch, f"{prefix}{key}.").items()
    }
