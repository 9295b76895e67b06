"""Encoder and generator as a TensorFlow SavedModel, for what serves such models.

The program is that of `program`, converted by jax2tf; TensorFlow's XLA runs it.
"""

import json
import secrets
import shutil
from pathlib import Path

import jax

from cmgan_jax.export.program import ABOUT, PLATFORMS, about, generating
from cmgan_jax.runs.model import Model

SUFFIX = ".savedmodel"


class TensorFlowMissingError(ValueError):
    """A SavedModel is asked for where there is no TensorFlow to write it."""


class TensorFlowTooOldError(ValueError):
    """TensorFlow does not know the operations that this JAX writes."""


def write_saved_model(path: Path, model: Model) -> None:
    """Writes a model of one direction as a folder that TensorFlow loads and serves.

    Its signature "serving_default" takes `sources`, uint8 [b h w c], and `noise`,
    float32 [b m], and gives `targets`, uint8 [b h w c], for any b: what
    `Model.generate` gives for this noise, but for a grey level where it is rounded
    otherwise. What they are stands in assets.extra/about.json.

    Args:
      path: of the folder, which is not there yet; it appears when it is complete.
      model: of one direction.

    Raises:
      TensorFlowMissingError: TensorFlow cannot be imported.
      TensorFlowTooOldError: it cannot run what was written; there is no folder then.
      FileExistsError: the folder is there; a folder is never replaced.
      ValueError: the system knows several directions.
    """
    try:
        # Only this kind of export needs TensorFlow, which is slow to import.
        import tensorflow as tf
        from jax.experimental import jax2tf
    except ImportError as error:
        raise TensorFlowMissingError(
            f"{SUFFIX} is written by TensorFlow, which cannot be imported ({error}): "
            "install it (pip install tensorflow), or export a program (.zip), which "
            "JAX alone runs."
        ) from error
    if path.exists():
        raise FileExistsError(f"{path} is there: name another folder, or delete it.")
    module = _module(tf, jax2tf, model)
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        tf.saved_model.save(module, str(partial))
        extra = partial / "assets.extra"
        extra.mkdir()
        (extra / ABOUT).write_text(json.dumps(about(model), indent=2), encoding="utf-8")
        _require_it_runs(tf, partial, model)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _module(tf, jax2tf, model: Model):
    """A module whose function `generate` is the program."""
    shape = model.record.task.shape(model.direction.source)
    convert = jax2tf.convert(
        generating(model),
        polymorphic_shapes=["b, ...", "b, ..."],
        with_gradient=False,
        native_serialization_platforms=PLATFORMS,
    )
    module = tf.Module()
    module.generate = tf.function(
        lambda sources, noise: {"targets": convert(sources, noise)},
        input_signature=[
            tf.TensorSpec([None, *shape], tf.uint8, name="sources"),
            tf.TensorSpec([None, model.noise_size], tf.float32, name="noise"),
        ],
        autograph=False,
    )
    return module


def _require_it_runs(tf, folder: Path, model: Model) -> None:
    shape = model.record.task.shape(model.direction.source)
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    try:
        serve(
            sources=tf.zeros([1, *shape], tf.uint8),
            noise=tf.zeros([1, model.noise_size]),
        )
    except tf.errors.OpError as error:
        raise TensorFlowTooOldError(
            f"TensorFlow {tf.__version__} cannot run what JAX {jax.__version__} "
            "writes: install a newer TensorFlow or an older JAX, or export a program "
            "(.zip), which JAX alone runs."
        ) from error
