"""Draws the brass: trumpet, horn, trombone and tuba.

Valves that are up show a bright cap on a tall stem; those that are down a dark one on
the casing. The higher the partial, the higher the player holds the bell.
"""

import cmath
import math

import numpy as np

from cmgan_jax.prepare.datasets.pocket_orchestra.figure import (
    Figure,
    Moment,
    draw_arm,
    draw_hand,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, tube

_GOLD = (244, 190, 48)
_BRONZE = (138, 88, 12)
_SHINE = (255, 236, 160)
_DARK = (92, 58, 12)
_SILVER = (214, 218, 226)
_STEEL = (122, 128, 140)
_COPPER = (226, 150, 62)
_UMBER = (120, 66, 20)
_CAP = (252, 252, 255)
_PRESSED = (40, 30, 26)
# Direction of the bell for the lowest partial, and the turn for every further one, in
# degrees clockwise.
_TRUMPET_DEGREES = (20.0, -8.0)
_TROMBONE_DEGREES = (19.0, -5.0)
_HORN_DEGREES = (16.0, -3.6)
_TUBA_DEGREES = (13.0, -4.0)
# The slide's end in the first position, and a position's length.
_SLIDE_IN, _SLIDE_STEP = 35.0, 4.4


def _turned(moment: Moment, degrees: tuple[float, float]) -> float:
    return degrees[0] + degrees[1] * moment.fingering.partial


def _pipe(pen: Pen, points, width: float, colour=_GOLD, edge=_BRONZE) -> None:
    """A pipe of constant width with a dark edge."""
    pen.stroke(points, width + 1.5, edge)
    pen.stroke(points, width, colour)


def _flare(pen: Pen, centre, widths, colour=_GOLD, edge=_BRONZE) -> None:
    """A bell: a pipe that widens."""
    pen.polygon(tube(centre, np.asarray(widths) + 0.8), edge)
    pen.polygon(tube(centre, widths), colour)


def _valves(
    pen: Pen, moment: Moment, places: list[complex], *, length: float, travel: float
) -> None:
    """Three valves; those the note presses are down."""
    for down, place in zip(moment.fingering.down, places, strict=True):
        pen.stroke([place, place + 1j * length], 5.4, _BRONZE)
        pen.stroke([place, place + 1j * length], 3.8, _PRESSED if down else _SHINE)
        if down:
            pen.disc(place, 2.8, _PRESSED)
        else:
            pen.stroke([place - 1j * travel, place], 2.0, _STEEL)
            pen.disc(place - 1j * travel, 3.9, _STEEL)
            pen.disc(place - 1j * travel, 3.3, _CAP)


def play_trumpet(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A short golden trumpet, a bell, three valves."""
    degrees = _turned(moment, _TRUMPET_DEGREES)
    turn = cmath.rect(1.0, math.radians(degrees))
    frame = pen.at(figure.mouth, degrees)
    draw_arm(pen, figure, 1, figure.mouth + turn * (31 + 11j))
    draw_arm(pen, figure, -1, figure.mouth + turn * (15 + 11j))
    loop = curve([8 + 0j, 36 + 0j, 40 + 4.5j, 36 + 9j, 12 + 9j, 9 + 5j, 12 + 0j])
    _pipe(frame, loop, 2.2)
    _pipe(frame, [2 + 0j, 32 + 0j], 2.2)
    bell = np.array([30, 38, 44, 48, 51, 52.5], complex)
    _flare(frame, bell, [1.1, 1.6, 3.0, 5.4, 8.6, 10.8])
    frame.oval(52.5 + 0j, 2.4 + 10.8j, _SHINE)
    frame.oval(53.0 + 0j, 1.4 + 8.4j, _DARK)
    frame.stroke([0j, 5 + 0j], 2.6, _SILVER)
    places = [14 - 3j, 21.5 - 3j, 29 - 3j]
    _valves(frame, moment, places, length=15.0, travel=8.5)


def play_horn(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A copper coil before the body; the bell low at the left holds a hand."""
    degrees = _turned(moment, _HORN_DEGREES)
    turn = cmath.rect(1.0, math.radians(degrees))
    frame = pen.at(figure.mouth, degrees)
    coil = 9 + 34j
    bell = coil - 31 + 19j
    grip = figure.mouth + turn * (coil + 22)
    draw_arm(pen, figure, 1, grip)
    cone = curve([coil + 14j, coil - 8 + 17j, coil - 20 + 14j, bell + 6 - 4j])
    _flare(frame, cone, np.linspace(1.8, 8.5, len(cone)), colour=_COPPER, edge=_UMBER)
    pipe = curve([0j, 10 + 5j, coil + 16 - 6j, coil + 16 + 6j])
    _pipe(frame, pipe, 1.8, _COPPER, _UMBER)
    frame.stroke([0j, 3 + 1j], 2.6, _SILVER)
    for radius, width in ((16.5, 3.2), (11, 2.6)):
        frame.ring(coil, complex(radius, radius), width + 1.5, _UMBER)
        frame.ring(coil, complex(radius, radius), width, _COPPER)
    frame.stroke(coil + 16.5 * np.exp(1j * np.linspace(3.6, 5.0, 8)), 1.0, _SHINE)
    mouth_of_bell = frame.at(bell, -30)
    mouth_of_bell.oval(0j, 15.5 + 13.5j, _UMBER)
    mouth_of_bell.oval(0j, 14.4 + 12.4j, _COPPER)
    mouth_of_bell.oval(0j, 11.5 + 9.6j, (250, 190, 104))
    mouth_of_bell.oval(0j, 7.0 + 6.0j, _DARK)
    draw_arm(pen, figure, -1, figure.mouth + turn * (bell + 2 - 3j))
    draw_hand(pen, figure, grip)
    # The levers lie across the coil; a quarter turn makes them three valves in a row.
    levers = frame.at(coil, 90)
    _valves(levers, moment, [-8 - 2j, -2j, 8 - 2j], length=8.0, travel=8.0)


def _slide_frame(pen: Pen, figure: Figure, moment: Moment) -> Pen:
    return pen.at(figure.mouth, _turned(moment, _TROMBONE_DEGREES))


def trombone_behind(pen: Pen, figure: Figure, moment: Moment) -> None:
    """The bell's pipe and the crook that pass behind the head."""
    frame = _slide_frame(pen, figure, moment)
    crook = curve([30 + 0j, -8 + 0j, -19 - 5j, -19 - 12j])
    crook = np.concatenate([crook, curve([-16 - 16j, 26 - 15j])])
    _pipe(frame, crook, 2.6)


def play_trombone(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A long slide, a position further out for every semitone; a bell above it."""
    frame = _slide_frame(pen, figure, moment)
    turn = cmath.rect(1.0, math.radians(_turned(moment, _TROMBONE_DEGREES)))
    out = _SLIDE_IN + _SLIDE_STEP * (moment.fingering.position - 1)
    hold = out - 26
    draw_arm(pen, figure, 1, figure.mouth + turn * (6 + 3j))
    bell = np.array([6, 18, 26, 32, 36, 38.5]) - 15j
    _flare(frame, bell, [1.3, 1.7, 3.2, 5.6, 8.8, 11.0])
    frame.oval(38.5 - 15j, 2.4 + 11.0j, _SHINE)
    frame.oval(39 - 15j, 1.4 + 8.6j, _DARK)
    frame.stroke([8 - 0.5j, 8 + 8.5j], 2.2, _BRONZE)
    for rail in (0j, 8j):
        frame.stroke([4 + rail, 34 + rail], 2.0, _STEEL)
        _pipe(frame, [hold + rail, out + rail], 2.8)
    _pipe(frame, curve([out + 0j, out + 4.5 + 4j, out + 8j]), 2.8)
    frame.stroke([0j, 4 + 0j], 2.8, _SILVER)
    frame.stroke([hold + 0j, hold + 8j], 2.2, _BRONZE)
    draw_arm(pen, figure, -1, figure.mouth + turn * (hold + 8j))


def play_tuba(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A huge golden coil on the lap, the bell above the head."""
    degrees = _turned(moment, _TUBA_DEGREES)
    turn = cmath.rect(1.0, math.radians(degrees))
    middle = figure.head + 15 + 42j
    frame = pen.at(middle, degrees)
    draw_arm(pen, figure, 1, middle + turn * (20 + 6j))
    bell = curve([12 + 24j, 14 + 4j, 15 - 18j, 16 - 36j, 16.5 - 48j, 17 - 56j])
    widths = np.interp(
        np.arange(len(bell)), [0, 12, 18, 24, 27, 30], [5.5, 6.5, 7.5, 11, 15, 20]
    )
    _flare(frame, bell, widths)
    frame.oval(17 - 56j, 20 + 5.0j, _SHINE)
    frame.oval(17 - 56.4j, 16.5 + 3.4j, _DARK)
    frame.stroke(bell[4:20] - 2.6, 1.8, _SHINE)
    frame.oval(0j, 19.5 + 29.5j, _BRONZE)
    frame.oval(0j, 18.6 + 28.6j, _GOLD)
    frame.oval(0j, 15 + 23.5j, _BRONZE)
    frame.oval(0j, 14 + 22.5j, (198, 140, 28))
    pipe = curve([figure.mouth, figure.mouth + 6 + 3j, middle - 4 - 22j, middle - 8j])
    _pipe(pen, pipe, 2.2)
    pen.stroke([figure.mouth, figure.mouth + 3 + 0.6j], 3.0, _SILVER)
    draw_arm(pen, figure, -1, middle + turn * (-12 + 8j))
    places = [-8.5 - 2j, -2j, 8.5 - 2j]
    _valves(frame, moment, places, length=14.0, travel=10.0)
