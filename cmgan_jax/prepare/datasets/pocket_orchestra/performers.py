"""The people of the orchestra: how each looks, sounds, moves and where they sit.

The cast is fixed. A person has the same looks and the same manner in every song, on
whichever instrument, so that pictures and sounds tell people apart and neither a face
nor a wall gives the instrument away.
"""

import colorsys
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
OUTFITS = ("suit", "shirt", "dress", "jumper")
BACKDROPS = ("plain", "curtain", "window", "panels", "spotlight")

_SKINS = (
    *((250, 220, 196), (240, 200, 168), (222, 176, 138)),
    *((190, 138, 100), (142, 96, 66), (98, 64, 46)),
)
_HAIRS = (
    *((38, 30, 28), (74, 48, 34), (122, 82, 48), (206, 168, 98)),
    *((168, 72, 36), (178, 178, 182), (232, 230, 226)),
)
_GOLDEN = 0.6180339887498949


@dataclasses.dataclass(frozen=True)
class Performer:
    """One person.

    Attributes:
      name: their name.
      skin, hair, clothes, accent, trousers, wall, floor: colours, RGB.
      hair_style, outfit, backdrop: one of HAIR_STYLES, OUTFITS, BACKDROPS.
      glasses, beard: whether they wear them.
      build: width of the body against the average.
      place: where they stand, right of the middle, in hundredths of the picture.
      size: height against the average.
      brightness: added to every tone, in dB per octave.
      formant_shift: factor on the instrument's resonances (their own instrument).
      vibrato_rate, vibrato_depth: factors on the instrument's vibrato.
      detune: how far they tune from 440 Hz, in cents.
      noise: added to the noise of bow or breath, in dB.
      room: level of the room's echo, against the direct sound.
      room_seconds: time in which the echo falls by 60 dB.
      hiss: noise of the room, in dB below the music's peak.
      hiss_tilt: colour of that noise, in dB per octave.
      sway_hertz: how often they sway.
      sway_degrees: how far they sway.
    """

    name: str
    skin: Colour
    hair: Colour
    clothes: Colour
    accent: Colour
    trousers: Colour
    wall: Colour
    floor: Colour
    hair_style: str
    outfit: str
    backdrop: str
    glasses: bool
    beard: bool
    build: float
    place: float
    size: float
    brightness: float
    formant_shift: float
    vibrato_rate: float
    vibrato_depth: float
    detune: float
    noise: float
    room: float
    room_seconds: float
    hiss: float
    hiss_tilt: float
    sway_hertz: float
    sway_degrees: float


def _colour(hue: float, lightness: float, saturation: float) -> Colour:
    rgb = colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)
    red, green, blue = (round(255 * channel) for channel in rgb)
    return red, green, blue


@cache
def performer_named(name: str) -> Performer:
    """The person of that name.

    Hues follow the golden ratio, so that neighbours in the cast never look alike, and
    clothes stay clear of the yellows and browns of brass and wood.

    Raises:
      ValueError: nobody has that name.
    """
    people = CAST + GUESTS
    if name not in people:
        raise ValueError(f"no performer {name!r}; the cast: {', '.join(people)}.")
    index = people.index(name)
    rng = np.random.default_rng([2020, index])
    clothes_hue = 0.24 + 0.74 * ((index * _GOLDEN) % 1.0)
    wall_hue = (0.37 + index * _GOLDEN * _GOLDEN) % 1.0
    style = HAIR_STYLES[index % len(HAIR_STYLES)]
    return Performer(
        name=name,
        skin=_SKINS[(index * 5 + index // 6) % len(_SKINS)],
        hair=_HAIRS[(index * 3 + index // 7) % len(_HAIRS)],
        clothes=_colour(clothes_hue, rng.uniform(0.34, 0.5), rng.uniform(0.4, 0.75)),
        accent=_colour(clothes_hue + 0.45, 0.82, 0.6),
        trousers=_colour(rng.uniform(0.55, 0.75), rng.uniform(0.2, 0.3), 0.25),
        wall=_colour(wall_hue, rng.uniform(0.74, 0.86), rng.uniform(0.25, 0.6)),
        floor=_colour(0.08, rng.uniform(0.4, 0.6), rng.uniform(0.15, 0.4)),
        hair_style=style,
        outfit=OUTFITS[(index + index // 4) % len(OUTFITS)],
        backdrop=BACKDROPS[(index * 2 + index // 5) % len(BACKDROPS)],
        glasses=bool(rng.random() < 0.3),
        beard=style in ("short", "bald") and bool(rng.random() < 0.6),
        build=rng.uniform(0.88, 1.16),
        place=rng.uniform(-2.5, 2.5),
        size=rng.uniform(0.96, 1.03),
        brightness=rng.uniform(-1.5, 1.5),
        formant_shift=rng.uniform(0.94, 1.06),
        vibrato_rate=rng.uniform(0.85, 1.15),
        vibrato_depth=rng.uniform(0.6, 1.5),
        detune=rng.uniform(-12, 12),
        noise=rng.uniform(-3, 4),
        room=rng.uniform(0.04, 0.16),
        room_seconds=rng.uniform(0.4, 1.0),
        hiss=rng.uniform(58, 74),
        hiss_tilt=rng.uniform(-6, 1),
        sway_hertz=rng.uniform(0.18, 0.4),
        sway_degrees=rng.uniform(1.5, 3.5),
    )
