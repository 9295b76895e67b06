"""Draws the woodwinds: flute, clarinet, oboe, bassoon and saxophone.

Straight instruments have a frame of their own, from the mouth along the bore.
"""

import cmath
import math

import numpy as np

from cmgan_jax.prepare.datasets.pocket_orchestra.figure import Figure, Moment, draw_arm
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, shade, tube
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour, Performer

_BLACK = (30, 28, 32)
_SILVER = (206, 212, 222)
_STEEL = (120, 128, 142)
_CANE = (236, 206, 128)
_GOLD = (238, 184, 52)
_BRONZE = (140, 92, 18)


def _keys(
    frame: Pen,
    moment: Moment,
    places: list[complex],
    radius: float,
    *,
    up: Colour,
    down: Colour,
) -> None:
    """Keys along the bore: those this note presses are dark and lower."""
    for key, place in enumerate(places):
        pressed = moment.pressed(key)
        frame.disc(place, radius * (0.8 if pressed else 1.0), down if pressed else up)


def _hands(
    pen: Pen, figure: Figure, origin: complex, degrees: float, holds: list[float]
) -> None:
    """The viewer's right hand holds the first place along the bore, the left next."""
    direction = cmath.rect(1.0, math.radians(degrees))
    for side, hold in zip((1, -1), holds, strict=True):
        draw_arm(pen, figure, side, origin + direction * hold)


def stand_with_flute(performer: Performer) -> Figure:
    """Room at the viewer's left for the flute."""
    return Figure(performer, head=62 + 26j, tilt=-5.0)


def play_flute(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A silver tube, sideways from the lips."""
    origin, degrees = figure.mouth + 8 + 0.4j, 172.0
    frame = pen.at(origin, degrees)
    frame.stroke([0, 64], 4.8, _STEEL)
    frame.stroke([0, 64], 3.2, _SILVER)
    frame.stroke([1 + 0.7j, 63 + 0.7j], 0.8, (246, 248, 252))
    frame.oval(8 + 0j, 4 + 1.9j, _STEEL)
    shift = 3.0 * moment.height
    _hands(pen, figure, origin + 2.6j, degrees, [25 - shift, 47 - shift])
    places = [complex(20 + 4.6 * key, 0) for key in range(9)]
    _keys(frame, moment, places, 1.9, up=(238, 240, 246), down=(82, 88, 104))


def stand_with_clarinet(performer: Performer) -> Figure:
    """Facing the viewer."""
    return Figure(performer, head=50 + 20j)


def play_clarinet(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A thick black tube straight down, a wide bell."""
    origin, degrees = figure.mouth, 90.0 - 4.0 * moment.sway
    frame = pen.at(origin, degrees)
    bore = np.array([0, 5, 6, 10, 50, 58, 62, 65], complex)
    frame.polygon(tube(bore, [1.4, 2.6, 3.4, 3.4, 3.6, 4.6, 7.2, 9.4]), (86, 86, 96))
    frame.polygon(tube(bore, [0.9, 1.8, 2.6, 2.6, 2.8, 3.8, 6.4, 8.6]), _BLACK)
    frame.polygon(tube(np.array([3, 6], complex), [2.4, 3.0]), _SILVER)
    for ring in (11, 31, 51):
        frame.stroke([ring - 3.0j, ring + 3.0j], 1.2, _SILVER)
    shift = 2.5 * moment.height
    _hands(pen, figure, origin, degrees, [22 - shift, 42 - shift])
    places = [complex(15 + 4.4 * key, 0.4) for key in range(8)]
    _keys(frame, moment, places, 1.5, up=(236, 240, 246), down=(120, 124, 134))


def stand_with_oboe(performer: Performer) -> Figure:
    """Facing the viewer, a little to the right of the oboe."""
    return Figure(performer, head=56 + 22j, tilt=8.0)


def play_oboe(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A thin dark tube held aslant, a cane reed, a small round bell."""
    origin, degrees = figure.mouth, 124.0 - 4.0 * moment.sway
    frame = pen.at(origin, degrees)
    frame.polygon(tube(np.array([0, 9], complex), [1.7, 0.9]), _CANE)
    bore = curve([9, 30, 46, 51, 55, 57.5])
    width = np.interp(bore.real, [9, 46, 51, 55, 57.5], [1.2, 2.0, 4.2, 3.6, 3.2])
    frame.polygon(tube(bore, width + 0.7), (120, 112, 116))
    frame.polygon(tube(bore, width), (44, 30, 34))
    shift = 2.5 * moment.height
    _hands(pen, figure, origin, degrees, [22 - shift, 38 - shift])
    places = [complex(14 + 4.2 * key, 1.6) for key in range(8)]
    _keys(frame, moment, places, 1.1, up=(250, 236, 180), down=(150, 130, 80))


def stand_with_bassoon(performer: Performer) -> Figure:
    """Left of the bassoon, which rises beside the head."""
    return Figure(performer, head=39 + 26j, size=9.4)


def play_bassoon(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A red-brown pole from the hip to above the head, a curved silver bocal."""
    foot = figure.head + -13 + 70j
    degrees = -66.0
    frame = pen.at(foot, degrees)
    wood = (150, 46, 26)
    frame.stroke([0, 96], 8.4, shade(wood, 0.5))
    frame.stroke([0, 96], 6.6, wood)
    frame.stroke([2 - 4.6j, 52 - 4.6j], 4.0, shade(wood, 0.75))
    frame.stroke([4 + 1.4j, 92 + 1.4j], 1.0, shade(wood, 1.4))
    for ring in (8, 38, 66):
        frame.stroke([ring - 3.6j, ring + 3.6j], 1.8, _SILVER)
    frame.stroke([97 - 2.6j, 97 + 2.6j], 3.0, (250, 246, 236))
    turn = cmath.rect(1.0, math.radians(degrees))
    joint = foot + turn * (53 - 4.6j)
    bend = [figure.mouth, figure.mouth + 7 + 1j, figure.mouth + 10 + 7j, joint]
    pen.stroke(curve(bend), 2.4, _STEEL)
    pen.stroke(curve(bend), 1.4, _SILVER)
    pen.stroke([figure.mouth, figure.mouth + 3], 2.2, _CANE)
    shift = 3.0 * moment.height
    _hands(pen, figure, foot, degrees, [44 + shift, 20 + shift])
    places = [complex(14 + 6 * key, 1) for key in range(9)]
    _keys(frame, moment, places, 1.5, up=_SILVER, down=(90, 96, 110))


def stand_with_sax(performer: Performer) -> Figure:
    """Left of the saxophone's bell."""
    return Figure(performer, head=40 + 22j)


_SAX = curve(
    [
        *(1 + 0j, 8 - 1j, 14 + 3j, 15 + 12j, 14 + 34j),
        *(14 + 50j, 19 + 59j, 28 + 58j, 33 + 48j, 36 + 36j),
    ]
)
_SAX_WIDTH = np.interp(
    np.arange(len(_SAX)), [0, 12, 30, 42, 48, 54], [1.3, 1.8, 3.6, 5.0, 7.0, 11.0]
)


def play_sax(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A golden horn that bends at the lips and turns up into a wide bell."""
    frame = pen.at(figure.mouth, 2.0 * moment.sway)
    frame.polygon(tube(_SAX, _SAX_WIDTH + 0.9), _BRONZE)
    frame.polygon(tube(_SAX, _SAX_WIDTH), _GOLD)
    frame.stroke(_SAX[14:38] - 1.4, 1.1, (255, 232, 150))
    frame.at(36 + 36j, 18).oval(0j, 11 + 3.4j, (255, 214, 96))
    frame.at(36 + 36j, 18).oval(0j, 8.4 + 2.2j, (104, 66, 14))
    frame.stroke([0j, 4 - 0.5j], 3.2, _BLACK)
    shift = 3.0 * moment.height
    mouth = figure.mouth
    draw_arm(pen, figure, 1, mouth + 16 + (19 - shift) * 1j)
    draw_arm(pen, figure, -1, mouth + 12 + (40 - shift) * 1j)
    places = [complex(14.6, 13 + 4.6 * key) for key in range(9)]
    _keys(frame, moment, places, 1.7, up=(255, 240, 186), down=(122, 78, 12))
