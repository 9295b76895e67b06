"""The trained systems inside the package, by name; a card beside each says what it is.

`NAME.safetensors` are the weights of both directions, `NAME.json` what was measured of
them and `NAME.md` the same for people.
"""

from pathlib import Path

JUDGES = Path(__file__).with_name("judges")  # see evaluation/packaged_judges.py
NAMES = ("pocket_orchestra",)
DEFAULT = "pocket_orchestra"


def locate(name: str) -> Path:
    """The file of weights of that name.

    Raises:
      ValueError: there is none; lists those there are.
    """
    if name not in NAMES:
        raise ValueError(
            f"no trained model is called {name!r}; the package has {', '.join(NAMES)}."
        )
    return Path(__file__).with_name(f"{name}.safetensors")


def card(name: str) -> Path:
    """The text of what was measured of the model of that name.

    Raises:
      ValueError: there is none; lists those there are.
    """
    return locate(name).with_suffix(".md")
