"""Trained systems in one file of weights (safetensors): what generates, and its record.

What `System.generating` names is there, encoder and generator among it; posterior,
discriminator and optimizers are not. A file holds one system, or one of each direction,
and equal arrays once: an encoder that began as a recogniser mostly is that recogniser.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cmgan_jax.runs.digest import digest
from cmgan_jax.runs.model import Model
from cmgan_jax.runs.record import record_of
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.state import Tree

SUFFIX = ".safetensors"
Tensor = Callable[[str], np.ndarray]  # the array of a name
KEY = "cmgan_jax"  # of the metadata: a JSON object of VERSION
VERSION = 2
READABLE = (1, 2)  # 1 kept every array, however often


def rounded(model: Model) -> Model:
    """The model with every number rounded to half precision (11 bits, 5e-4).

    Its file takes half the space. What it generates differs by a grey level now and
    then, so it is a model of its own, with a digest of its own.
    """
    variables = jax.tree.map(_halved, model.variables)
    return dataclasses.replace(
        model, variables=variables, digest=f"{digest(variables, step=model.step):08x}"
    )


def _halved(leaf: jax.Array) -> jax.Array:
    if leaf.dtype != np.float32:
        return leaf
    return leaf.astype(np.float16).astype(np.float32)


def write_models(path: Path, models: Sequence[Model]) -> None:
    """Writes what generates of some models; numbers that half precision holds take it.

    Nothing is lost: `read_models` gives the same variables. Of the data the name is
    kept, not where they were.

    Args:
      path: of the file; replaced if it is there.
      models: no two of one direction.

    Raises:
      ValueError: two models of one direction.
    """
    require_distinct(models)
    arrays, described = {}, {}
    for model in models:
        name = "+".join(way.name for way in model.system.directions)
        record = dataclasses.replace(model.record, data=Path(model.record.data).name)
        described[name] = {
            "record": record.to_json(),
            "step": model.step,
            "digest": model.digest,
        }
        for key, leaf in _named(model.variables):
            arrays[f"{name}/{key}"] = _smallest(np.array(leaf, order="C"))
    tensors, same = _each_once(arrays)
    about = json.dumps({"version": VERSION, "models": described, "same": same})
    with whole_file(path) as partial:
        # What the library writes itself only its owner may read.
        partial.write_bytes(save(tensors, metadata={KEY: about}))


def require_distinct(models: Iterable[Model]) -> None:
    """Refuses two models of one direction, among which nothing could choose.

    Raises:
      ValueError: names both.
    """
    known: dict[str, Model] = {}
    for model in models:
        for way in model.system.directions:
            if way.name in known:
                raise ValueError(
                    f"{known[way.name].workdir} and {model.workdir} both generate "
                    f"{way.title}: give one of them."
                )
            known[way.name] = model


def _named(tree: Tree) -> list[tuple[str, Any]]:
    """The leaves of a tree with their paths, such as gan/encoder/params/code/bias."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [
        (jax.tree_util.keystr(path, simple=True, separator="/"), leaf)
        for path, leaf in leaves
    ]


def _smallest(array: np.ndarray) -> np.ndarray:
    """The array in half precision if that is the same."""
    if array.dtype == np.float32:
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if np.array_equal(half.astype(np.float32), array):
            return half
    return array


def _each_once(
    arrays: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Arrays that differ, and under which of their names each of the others is."""
    kept, same, known = {}, {}, {}
    for name, array in arrays.items():
        kind = f"{array.dtype} {array.shape}".encode()
        content = hashlib.sha256(kind + array.tobytes()).digest()
        if content in known:
            same[name] = known[content]
        else:
            known[content], kept[name] = name, array
    return kept, same


def read_models(path: Path) -> tuple[Model, ...]:
    """The models in a file that `write_models` wrote, on whatever devices there are.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is none of these, of a later version, or damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file.")
    try:
        with safe_open(path, framework="numpy") as file:
            about = _about(path, file.metadata())
            same = about.get("same", {})

            def tensor(key: str) -> np.ndarray:
                return file.get_tensor(same.get(key, key))

            return tuple(
                _model(path, name, fields, tensor)
                for name, fields in about["models"].items()
            )
    except (SafetensorError, TypeError, KeyError, json.JSONDecodeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


def _about(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    about = json.loads((metadata or {}).get(KEY, "{}"))
    version = about.get("version")
    if version is None:
        raise ValueError(
            f"{path} holds weights, but none that `python -m cmgan_jax export` wrote."
        )
    if version not in READABLE:
        raise ValueError(
            f"{path} has version {version!r}; this software knows 1 to {VERSION}: use "
            "the version of cmgan_jax that wrote it."
        )
    return about


def _model(path: Path, name: str, fields: Mapping[str, Any], tensor: Tensor) -> Model:
    record = record_of(fields["record"])
    system = assemble(record.settings, record.task)
    shapes = system.inference_shapes(system.generating)
    device = jax.local_devices()[0]  # Generating needs no other.

    def read(key: str, like: jax.ShapeDtypeStruct) -> jax.Array:
        array = tensor(f"{name}/{key}").astype(like.dtype)
        if array.shape != like.shape:
            raise _damaged(path, f"{key} has shape {array.shape}, not {like.shape}")
        return jax.device_put(array, device)

    leaves = [read(key, like) for key, like in _named(shapes)]
    variables = jax.tree.unflatten(jax.tree.structure(shapes), leaves)
    found = f"{digest(variables, step=fields['step']):08x}"
    if found != fields["digest"]:
        raise _damaged(path, f"digest {found}, written with {fields['digest']}")
    return Model(
        workdir=path,
        record=record,
        system=system,
        step=fields["step"],
        digest=found,
        variables=variables,
    )


def _damaged(path: Path, reason: str) -> ValueError:
    return ValueError(f"{path} is damaged ({reason}): copy it again.")
