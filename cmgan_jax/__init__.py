"""SA-CMGAN in JAX: pictures from sounds and sounds from pictures.

model = cmgan_jax.load()          # the trained model inside the package
picture = model("clarinet.wav")   # shows itself in a notebook
model("cello.jpg").save("cello.wav")
"""

from typing import TYPE_CHECKING

from cmgan_jax.runtime.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from cmgan_jax.generation.translator import Translator

__version__ = VERSION
__all__ = ["load"]


def load(*sources: "str | Path") -> "Translator":
    """Trained systems, ready to turn sounds into pictures and pictures into sounds.

    Args:
      *sources: workdirs of trained runs, also in buckets ("gs://bucket/run"), files of
        weights that `export` wrote, or names of models in the package; several where
        each knows one direction. With none, the model that the package holds of both.

    Raises:
      FileNotFoundError: there is no such run or file, or the run has not come so far.
      ValueError: a record, a checkpoint or a file is damaged, or two know the same
        direction.
    """
    # JAX starts with the first model, not with the import of the package.
    from cmgan_jax.generation.translator import load

    return load(*sources)
