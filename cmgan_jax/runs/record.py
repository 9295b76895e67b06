"""config.json: what a run was made with."""

import dataclasses
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.upgrades import VERSION, upgraded
from cmgan_jax.runtime import buckets
from cmgan_jax.runtime import version as software
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.representation import Representation
from cmgan_jax.systems.interface import Task

RECORD_FILE = "config.json"
VERSIONED = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")
# What may change between the sessions of one run: how long, how often and how fast.
ADJUSTABLE = (
    *("run.", "gan.steps", "classifier.steps", "classifier.learning_rate"),
    *("gan.generator_learning_rate", "gan.discriminator_learning_rate"),
)


def versions() -> dict[str, str]:
    """Versions of this package, of Python and of what computes."""
    found = {"cmgan_jax": software.VERSION, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in VERSIONED}


def as_settings(config: Mapping[str, Any]) -> SimpleNamespace:
    """A configuration with attribute access."""
    return json.loads(
        json.dumps(config), object_hook=lambda tree: SimpleNamespace(**tree)
    )


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What a run was made with: the content of its config.json.

    Attributes:
      config: every field of the resolved configuration.
      task: what the system turns into what.
      data: folder of the prepared data set, or its address in a bucket.
      data_digest: SHA-256 of its description, which holds the digest of every file.
      dataset: name of the data set.
      representation: of its pictures and sounds.
      class_names: of its labels.
      versions: of the software that started the run.
      changes: of what was trained with since then, in order: {"after": steps made by
        each phase, "changed": what `differences` says}.
      version: of this record.
    """

    config: dict[str, Any]
    task: Task
    data: str
    data_digest: str
    dataset: str
    representation: Representation
    class_names: tuple[str, ...]
    versions: dict[str, str]
    changes: tuple[dict[str, Any], ...] = ()
    version: int = VERSION

    @property
    def settings(self) -> SimpleNamespace:
        """The configuration with attribute access, as systems are assembled from it."""
        return as_settings(self.config)

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return dataclasses.asdict(self)


def new_record(config: Mapping[str, Any], prepared: PreparedData) -> RunRecord:
    """The record of a run that starts now.

    Args:
      config: every field of the resolved configuration.
      prepared: the data set to train on.
    """
    representation = prepared.representation
    return RunRecord(
        config=dict(config),
        task=Task(
            image_shape=representation.image_shape,
            sound_shape=representation.sound_shape,
            num_classes=len(prepared.class_names),
            stem_aligned=prepared.pairing == "stem",
            pitched=prepared.pitched,
        ),
        data=buckets.address(prepared.path),
        data_digest=prepared.digest,
        dataset=prepared.dataset,
        representation=representation,
        class_names=prepared.class_names,
        versions=versions(),
    )


def write_record(workdir: Path, record: RunRecord) -> None:
    """Writes config.json."""
    write_json(workdir / RECORD_FILE, record.to_json())


def read_record(workdir: Path) -> RunRecord:
    """Reads config.json, of this version of the software or of an earlier one.

    Raises:
      FileNotFoundError: the folder is not the workdir of a run.
      ValueError: the file is damaged or of a later version; says which.
    """
    path = workdir / RECORD_FILE
    if not path.exists():
        raise FileNotFoundError(
            f"{workdir} holds no {RECORD_FILE}, so it is not the workdir of a run. "
            "Give the folder that --workdir named when training."
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        version = fields.get("version", 1)
        if isinstance(version, int) and version <= VERSION:
            return record_of(fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path} is damaged ({type(error).__name__}: {error}): restore it from a "
            "copy; the checkpoints beside it cannot be read without it."
        ) from error
    raise ValueError(
        f"{path} has version {version!r}; this software knows 1 to {VERSION}: use the "
        "version of cmgan_jax that wrote it."
    )


def record_of(fields: dict[str, Any]) -> RunRecord:
    """The record that `RunRecord.to_json` gave, now or in an earlier version.

    Raises:
      ValueError, TypeError, KeyError, AttributeError: a field is missing or unknown.
    """
    fields = upgraded(fields, fields.get("version", 1))
    task = fields["task"]
    shapes = {name: tuple(task[name]) for name in ("image_shape", "sound_shape")}
    representation = Representation.from_json(fields["representation"])
    described = {
        "image_shape": representation.image_shape,
        "sound_shape": representation.sound_shape,
        "num_classes": len(fields["class_names"]),
    }
    for name, expected in described.items():
        if {**task, **shapes}[name] != expected:
            raise ValueError(
                f"task.{name} is {task[name]!r}, by representation and classes "
                f"{expected!r}"
            )
    return RunRecord(
        **{
            **fields,
            "task": Task(**{**task, **shapes}),
            "representation": representation,
            "class_names": tuple(fields["class_names"]),
            "changes": tuple(fields["changes"]),
        }
    )


def continued(
    old: RunRecord, new: RunRecord, workdir: Path, *, after: Mapping[str, int]
) -> RunRecord:
    """The record of a run that goes on: what it began with, and what changed since.

    Args:
      old: what the run was made with so far.
      new: what it is to go on with.
      workdir: of the run.
      after: steps that each phase has made.

    Raises:
      ValueError: it was started with something else; names every field that differs,
        with both values.
    """
    different = differences(fixed(old), fixed(new))
    adjusted = [
        line
        for line in different
        if line.removeprefix("config.").startswith(ADJUSTABLE)
    ]
    if len(adjusted) < len(different):
        raise ValueError(
            f"{workdir} was started with other settings ("
            + "; ".join(line for line in different if line not in adjusted)
            + "). Use the old settings to continue it, or another --workdir."
        )
    trained = [line for line in adjusted if not line.startswith("config.run.")]
    change = {"after": dict(after), "changed": trained}
    return dataclasses.replace(
        new,
        versions=old.versions,
        changes=old.changes + ((change,) if trained else ()),
    )


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Every leaf that differs between two trees, with both values, by its path."""
    before, after = _flat(old), _flat(new)
    return [
        f"{name}: {before.get(name)!r} -> {after.get(name)!r}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def fixed(record: RunRecord) -> dict[str, Any]:
    """What two records of one run have in common, as JSON."""
    fields = json.loads(json.dumps(record.to_json()))
    free = ("versions", "data", "changes")
    del fields["task"]["pitched"]  # the data's digest says; earlier versions did not
    return {key: fields[key] for key in fields if key not in free}


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(tree, dict):
        return {prefix.rstrip("."): tree}
    return {
        name: leaf
        for key, branch in tree.items()
        for name, leaf in _flat(branch, f"{prefix}{key}.").items()
    }
