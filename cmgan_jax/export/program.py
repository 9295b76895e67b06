"""Encoder and generator as one compiled program that JAX alone can run.

The file is a zip of `program`, which `jax.export.deserialize` reads, and `about.json`.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from jax import export

from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.representation import to_uint8

SUFFIX = ".zip"
PLATFORMS = ("cpu", "cuda", "tpu")
PROGRAM, ABOUT = "program", "about.json"


def write_program(path: Path, model: Model) -> None:
    """Writes a model of one direction as a program with its weights.

    (sources uint8 [b h w c], noise float32 [b m]) -> targets uint8 [b h w c], for any
    b, on PLATFORMS: what `Model.generate` gives for this noise, but for a grey level
    where a platform rounds otherwise.

    Args:
      path: of the file; replaced if it is there.
      model: of one direction.

    Raises:
      ValueError: the system knows several directions.
    """
    exported = _exported(model)
    with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        archive.writestr(PROGRAM, bytes(exported.serialize()))
        archive.writestr(ABOUT, json.dumps(about(model), indent=2))


def generating(model: Model) -> Callable[..., jax.Array]:
    """(sources uint8 [b h w c], noise float32 [b m]) -> targets uint8 [b h w c].

    Raises:
      ValueError: the system knows several directions.
    """
    direction = model.direction

    @jax.jit
    def generate(sources, noise):
        # One by one, as no network then asks how many there are, and none mixes them.
        def one(source, z):
            made = model.system.generate(
                model.variables, source[None], z[None], direction
            )
            return to_uint8(made)[0]

        return jax.vmap(one)(sources, noise)

    return generate


def _exported(model: Model) -> export.Exported:
    (b,) = export.symbolic_shape("b")
    shape = model.record.task.shape(model.direction.source)
    return export.export(generating(model), platforms=PLATFORMS)(
        jax.ShapeDtypeStruct((b, *shape), "uint8"),
        jax.ShapeDtypeStruct((b, model.noise_size), "float32"),
    )


def about(model: Model) -> dict[str, Any]:
    """What a reader of the program needs to make sources and to use targets."""
    direction, task = model.direction, model.record.task
    return {
        "made_by": "cmgan_jax",
        "versions": model.record.versions,
        "direction": direction.name,
        "source": [direction.source, *task.shape(direction.source)],
        "target": [direction.target, *task.shape(direction.target)],
        "noise_size": model.noise_size,
        "class_names": model.record.class_names,
        "representation": model.record.representation.to_json(),
        "dataset": model.record.dataset,
        "step": model.step,
        "digest": model.digest,
        "platforms": PLATFORMS,
    }
