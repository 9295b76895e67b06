"""Draws the woodwinds: flute, clarinet, oboe, bassoon and saxophone.

Open keys are bright covers along the bore, closed keys dark; as on the real
instruments the low notes close them from the mouth downwards. In a higher register
the thumb's key turns dark and the player lifts the instrument.
"""

import cmath
import math

import numpy as np

from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Figure, Moment, draw_arm
from cmgan_jax.prepare.datasets.pocket_orchestra.fingering import KEYS
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, shade, tube
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour

_BLACK = (30, 28, 32)
_SILVER = (206, 212, 222)
_STEEL = (120, 128, 142)
_CANE = (236, 206, 128)
_GOLD = (238, 184, 52)
_BRONZE = (140, 92, 18)
_WHITE = (252, 252, 255)


def _keys(
    frame: Pen,
    moment: Moment,
    places: np.ndarray,
    radius: float,
    *,
    thumb: complex,
    down: Colour,
    up: Colour = _WHITE,
) -> None:
    """Keys in order from the mouth, those this note closes dark; the thumb's key."""
    for key, place in enumerate(places.astype(complex)):
        frame.disc(place, radius, down if key < moment.fingering.closed else up)
    frame.disc(thumb, 4.0, _STEEL)
    frame.disc(thumb, 3.3, (up, (196, 60, 48), _BLACK)[moment.fingering.register])


def _hands(
    pen: Pen, figure: Figure, origin: complex, degrees: float, holds: list[complex]
) -> None:
    """The viewer's right hand holds the first place along the bore, the left next."""
    direction = cmath.rect(1.0, math.radians(degrees))
    for side, hold in zip((1, -1), holds, strict=True):
        draw_arm(pen, figure, side, origin + direction * hold)


def play_flute(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A silver tube, sideways from the lips."""
    origin = figure.mouth + 8 + 0.4j
    degrees = 165.0 + 10.0 * moment.fingering.register
    frame = pen.at(origin, degrees)
    # Downwards on the picture is a negative side of a tube that points left.
    _hands(pen, figure, origin, degrees, [27 - 5j, 50 - 5j])
    frame.stroke([0, 66], 5.4, _STEEL)
    frame.stroke([0, 66], 4.0, _SILVER)
    frame.oval(8 + 0j, 4 + 1.9j, _STEEL)
    places = np.linspace(24, 63, KEYS["flute"]) + 0.4j
    _keys(frame, moment, places, 2.8, thumb=17 + 0j, down=(44, 48, 66))


def play_clarinet(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A thick black tube straight down, a wide bell."""
    origin, degrees = figure.mouth, 95.0 - 12.0 * moment.fingering.register
    frame = pen.at(origin, degrees)
    _hands(pen, figure, origin, degrees, [24 - 5j, 45 + 5j])
    bore = np.array([0, 5, 6, 10, 62, 68, 72, 75], complex)
    frame.polygon(tube(bore, [1.4, 2.8, 3.8, 3.8, 4.0, 5.0, 7.6, 9.8]), (96, 96, 106))
    frame.polygon(tube(bore, [0.9, 1.9, 2.9, 2.9, 3.1, 4.1, 6.7, 8.9]), _BLACK)
    frame.polygon(tube(np.array([3, 6], complex), [2.4, 3.0]), _SILVER)
    frame.stroke([64 - 3.6j, 64 + 3.6j], 1.4, _SILVER)
    places = np.linspace(17, 61, KEYS["clarinet"])
    _keys(frame, moment, places, 2.0, thumb=10 + 0j, down=(58, 58, 72))


def play_oboe(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A thin dark tube held aslant, a cane reed, a small round bell."""
    origin, degrees = figure.mouth, 126.0 - 12.0 * moment.fingering.register
    frame = pen.at(origin, degrees)
    _hands(pen, figure, origin, degrees, [24 - 5j, 42 + 5j])
    frame.polygon(tube(np.array([0, 9], complex), [1.9, 1.0]), _CANE)
    bore = curve([8, 30, 52, 57, 61, 64])
    width = np.interp(bore.real, [8, 52, 57, 61, 64], [1.4, 2.0, 4.6, 4.0, 3.4])
    frame.polygon(tube(bore, width + 0.7), (120, 112, 116))
    frame.polygon(tube(bore, width), (52, 32, 36))
    places = np.linspace(18, 53, KEYS["oboe"])
    _keys(
        *(frame, moment, places, 2.2),
        **{"thumb": 11 + 0j, "down": (78, 46, 44), "up": (255, 244, 206)},
    )


def play_bassoon(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A red-brown pole from the hip to above the head, a curved silver bocal."""
    foot = figure.head + -12 + 72j
    degrees = -73.0 + 8.0 * moment.fingering.register
    frame = pen.at(foot, degrees)
    wood = (150, 46, 26)
    _hands(pen, figure, foot, degrees, [50 + 6j, 24 - 6j])
    frame.stroke([0, 102], 8.4, shade(wood, 0.5))
    frame.stroke([0, 102], 6.6, wood)
    frame.stroke([66 - 3.6j, 66 + 3.6j], 1.8, _SILVER)
    frame.stroke([84 - 3.6j, 84 + 3.6j], 1.8, _SILVER)
    frame.stroke([102 - 3.2j, 102 + 3.2j], 3.4, (250, 246, 236))
    joint = foot + cmath.rect(1.0, math.radians(degrees)) * (63 - 2.6j)
    bend = [figure.mouth, figure.mouth + 7 + 1j, figure.mouth + 10 + 5j, joint]
    pen.stroke(curve(bend), 2.6, _STEEL)
    pen.stroke(curve(bend), 1.6, _SILVER)
    pen.stroke([figure.mouth, figure.mouth + 3], 2.4, _CANE)
    places = np.linspace(54, 4, KEYS["bassoon"])
    _keys(frame, moment, places, 2.5, thumb=62 + 0j, down=(84, 26, 18))


_SAX = curve(
    [
        *(1 + 0j, 8 - 1j, 14 + 3j, 15 + 12j, 14 + 36j),
        *(14 + 53j, 19 + 62j, 28 + 61j, 33 + 51j, 36 + 39j),
    ]
)
_SAX_WIDTH = np.interp(
    np.arange(len(_SAX)), [0, 12, 30, 42, 48, 54], [1.3, 2.2, 3.8, 5.2, 7.2, 11.0]
)


def play_sax(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A golden horn that bends at the lips and turns up into a wide bell."""
    degrees = 6.0 - 12.0 * moment.fingering.register
    frame = pen.at(figure.mouth, degrees)
    _hands(pen, figure, figure.mouth, degrees, [20 + 20j, 9 + 41j])
    frame.polygon(tube(_SAX, _SAX_WIDTH + 0.9), _BRONZE)
    frame.polygon(tube(_SAX, _SAX_WIDTH), _GOLD)
    frame.at(36 + 39j, 18).oval(0j, 11 + 3.4j, (255, 214, 96))
    frame.at(36 + 39j, 18).oval(0j, 8.4 + 2.2j, (104, 66, 14))
    frame.stroke([0j, 4 - 0.5j], 3.2, _BLACK)
    places = 14.6 + 1j * np.linspace(12, 54, KEYS["sax"])
    _keys(frame, moment, places, 2.5, thumb=10 + 1j, down=(92, 52, 10))
