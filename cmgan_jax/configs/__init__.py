"""Every configuration by name; base.py explains each field."""

import difflib
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = tuple(
    sorted(f.stem for f in FOLDER.glob("*.py") if f.stem not in ("__init__", "base"))
)


def locate(name: str) -> str:
    """The file of a configuration, with what stands after the colon.

    Args:
      name: "sa_cmgan:s2i", a configuration of this package, or "mine.py:s2i", a file.

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
        f"{hint} After a colon stands the direction: --config=sa_cmgan:i2s"
    )
