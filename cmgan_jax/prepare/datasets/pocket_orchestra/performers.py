"""The people of the orchestra: how each looks, moves and plays.

The cast is fixed. A person keeps face, skin, hair, build and manner in every song, on
whichever instrument; clothes, room and recording are drawn anew for every song.
"""

import dataclasses
from functools import cache

import numpy as np

Colour = tuple[int, int, int]

CAST = (
    *("Ada", "Bruno", "Clara", "Dario", "Edith", "Farid", "Greta", "Hugo", "Ines"),
    *("Jonas", "Kira", "Lars", "Mina", "Nils", "Olga", "Pavel", "Quinn", "Rosa"),
    *("Samir", "Tilda", "Ugo", "Vera", "Wanda", "Xaver", "Yuki", "Zeno"),
)
GUESTS = (
    *("Aiko", "Boris", "Carmen", "Dmitri", "Elif", "Fabio", "Gina", "Haruki"),
    *("Ivana", "Jamal", "Katya", "Leon", "Maya"),
)
HAIR_STYLES = ("short", "long", "bun", "curly", "bald", "bob")

_SKINS = (
    *((250, 220, 196), (240, 200, 168), (222, 176, 138)),
    *((196, 146, 108), (158, 110, 78), (118, 80, 58)),
)
_HAIRS = (
    *((38, 30, 28), (74, 48, 34), (122, 82, 48), (206, 168, 98)),
    *((168, 72, 36), (178, 178, 182), (232, 230, 226)),
)


@dataclasses.dataclass(frozen=True)
class Performer:
    """One person.

    Attributes:
      name: their name.
      skin, hair: colours, RGB.
      hair_style: one of HAIR_STYLES.
      glasses, beard: whether they wear them.
      build: width of the body against the average.
      size: height against the average.
      sway_hertz: how often they sway.
      sway_degrees: how far they sway.
      brightness: added to every tone, in dB per octave.
      formant_shift: factor on the instrument's resonances.
      vibrato_rate, vibrato_depth: factors on the instrument's vibrato.
      noise: added to the noise of bow or breath, in dB.
    """

    name: str
    skin: Colour
    hair: Colour
    hair_style: str
    glasses: bool
    beard: bool
    build: float
    size: float
    sway_hertz: float
    sway_degrees: float
    brightness: float
    formant_shift: float
    vibrato_rate: float
    vibrato_depth: float
    noise: float


@cache
def performer_named(name: str) -> Performer:
    """The person of that name.

    Raises:
      ValueError: nobody has that name.
    """
    people = CAST + GUESTS
    if name not in people:
        raise ValueError(f"no performer {name!r}; the cast: {', '.join(people)}.")
    index = people.index(name)
    rng = np.random.default_rng([2020, index])
    style = HAIR_STYLES[index % len(HAIR_STYLES)]
    return Performer(
        name=name,
        skin=_SKINS[(index * 5 + index // 6) % len(_SKINS)],
        hair=_HAIRS[(index * 3 + index // 7) % len(_HAIRS)],
        hair_style=style,
        glasses=bool(rng.random() < 0.3),
        beard=style in ("short", "bald") and bool(rng.random() < 0.6),
        build=rng.uniform(0.88, 1.14),
        size=rng.uniform(0.97, 1.03),
        sway_hertz=rng.uniform(0.18, 0.4),
        sway_degrees=rng.uniform(0.6, 1.6),
        brightness=rng.uniform(-1.5, 1.5),
        formant_shift=rng.uniform(0.95, 1.05),
        vibrato_rate=rng.uniform(0.85, 1.15),
        vibrato_depth=rng.uniform(0.6, 1.5),
        noise=rng.uniform(-3, 4),
    )
