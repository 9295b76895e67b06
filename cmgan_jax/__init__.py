"""SA-CMGAN in JAX: pictures from sounds and sounds from pictures."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cmgan_jax.runs.model import Model

__version__ = "0.1.0"


def load(workdir: "str | Path") -> "Model":
    """The trained system in a workdir: `load("runs/s2i").generate(sources)`.

    Raises:
      FileNotFoundError: the folder is no workdir, or the run has not come so far yet.
      ValueError: its record or the checkpoint is damaged.
    """
    # JAX starts with the first model, not with the import of the package.
    from cmgan_jax.runs import model

    return model.load(workdir)
