"""Every system by name, at any scale; base.py explains each field."""

import difflib
import importlib.util
from pathlib import Path

from ml_collections import ConfigDict

FOLDER = Path(__file__).parent
PARTS = ("__init__", "base", "scales")
NAMES = tuple(sorted({f.stem for f in FOLDER.glob("*.py")} - set(PARTS)))


def locate(name: str) -> str:
    """The file of a configuration, with what stands after the colon.

    Args:
      name: "sa_cmgan:s2i" or, at a scale, "sa_cmgan:quickstart/s2i", a configuration of
        this package; or "mine.py:s2i", a file.

    Raises:
      ValueError: neither; lists the configurations there are.
    """
    file, colon, argument = name.partition(":")
    if file.endswith(".py") and Path(file).is_file():
        return name
    if file in NAMES:
        return f"{FOLDER / file}.py{colon}{argument}"
    near = difflib.get_close_matches(file, NAMES, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"--config={name}: {file!r} is neither a file nor one of {', '.join(NAMES)}."
        f"{hint} After a colon stands the direction: --config=sa_cmgan:i2s, or "
        "--config=sa_cmgan:quickstart/i2s at a smaller scale."
    )


def load(located: str, direction: str) -> ConfigDict:
    """The configuration of a file for a direction, "s2i" or "i2s".

    Args:
      located: the file, as `locate` gives it; of what stands after its colon the scale
        is kept.
      direction: handed to the file's get_config with it.
    """
    file, _, argument = located.partition(":")
    scale, slash, _ = argument.rpartition("/")
    return _module(file).get_config(f"{scale}{slash}{direction}")


def directions(located: str) -> tuple[str, ...]:
    """What may stand for the direction: "s2i" and "i2s", or "both" in one run.

    Args:
      located: the file, as `locate` gives it.
    """
    default = _module(located.partition(":")[0]).get_config().direction
    return ("both",) if default == "both" else ("s2i", "i2s")


def _module(file: str):
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
