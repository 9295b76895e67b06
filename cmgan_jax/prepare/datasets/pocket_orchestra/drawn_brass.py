"""Draws the brass: trumpet, horn, trombone and tuba."""

import numpy as np

from cmgan_jax.prepare.datasets.pocket_orchestra.figure import (
    Figure,
    Moment,
    draw_arm,
    draw_hand,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, tube
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer

_GOLD = (244, 190, 48)
_BRONZE = (138, 88, 12)
_SHINE = (255, 236, 160)
_DARK = (92, 58, 12)
_SILVER = (214, 218, 226)
_STEEL = (122, 128, 140)
_COPPER = (226, 150, 62)
_UMBER = (120, 66, 20)


def _pipe(pen: Pen, points, width: float, colour=_GOLD, edge=_BRONZE) -> None:
    """A pipe of constant width with a dark edge."""
    pen.stroke(points, width + 1.5, edge)
    pen.stroke(points, width, colour)


def _flare(pen: Pen, centre, widths, colour=_GOLD, edge=_BRONZE) -> None:
    """A bell: a pipe that widens."""
    pen.polygon(tube(centre, np.asarray(widths) + 0.8), edge)
    pen.polygon(tube(centre, widths), colour)


def _valves(pen: Pen, moment: Moment, places: list[complex], length: float) -> None:
    """Three valves; those the note presses are down."""
    for valve, place in enumerate(places):
        top = place - 1j * (1.0 if moment.pressed(valve) else 4.5)
        pen.stroke([top, place], 1.4, _STEEL)
        pen.stroke([place, place + 1j * length], 4.0, _BRONZE)
        pen.stroke([place, place + 1j * length], 2.6, _SHINE)
        pen.stroke([top - 1.2, top + 1.2], 1.4, (250, 250, 252))


def stand_with_trumpet(performer: Performer) -> Figure:
    """Turned to the viewer's right."""
    return Figure(performer, head=36 + 27j)


def play_trumpet(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A short golden trumpet raised forward, a bell, three valves."""
    frame = pen.at(figure.mouth, -6.0 - 3.0 * moment.sway)
    draw_arm(pen, figure, 1, figure.mouth + 21 + 10j)
    loop = curve([8 + 0j, 34 + 0j, 38 + 4.5j, 34 + 9j, 12 + 9j, 9 + 5j, 12 + 0j])
    _pipe(frame, loop, 2.2)
    _pipe(frame, [2 + 0j, 30 + 0j], 2.2)
    bell = np.array([30, 38, 44, 48, 51, 52.5], complex)
    _flare(frame, bell, [1.1, 1.6, 3.0, 5.4, 8.6, 10.8])
    frame.oval(52.5 + 0j, 2.4 + 10.8j, _SHINE)
    frame.oval(53.0 + 0j, 1.4 + 8.4j, _DARK)
    frame.stroke([0j, 5 + 0j], 2.6, _SILVER)
    _valves(frame, moment, [17 - 3j, 21.5 - 3j, 26 - 3j], 15.0)
    draw_arm(pen, figure, -1, figure.mouth + 15 + (3 - 2 * moment.pressed(0)) * 1j)


def sit_with_horn(performer: Performer) -> Figure:
    """Room at both sides for the coil and the bell."""
    return Figure(performer, head=46 + 21j)


def play_horn(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A copper coil in front of the body; the bell low at the left holds a hand."""
    coil = figure.head + 11 + 37j
    bell = coil - 33 + 20j
    grip = coil + 15 + (1 - 3 * moment.pressed(1)) * 1j
    draw_arm(pen, figure, 1, grip)
    cone = curve([coil + 14j, coil - 8 + 17j, coil - 20 + 14j, bell + 6 - 4j])
    _flare(pen, cone, np.linspace(1.8, 8.5, len(cone)), colour=_COPPER, edge=_UMBER)
    pipe = curve([figure.mouth, figure.mouth + 10 + 5j, coil + 16 - 4j, coil + 16 + 6j])
    _pipe(pen, pipe, 1.8, _COPPER, _UMBER)
    pen.stroke([figure.mouth, figure.mouth + 3 + 1j], 2.6, _SILVER)
    for radius, width in ((16.5, 3.2), (11, 2.6), (6, 2.2)):
        pen.ring(coil, complex(radius, radius), width + 1.5, _UMBER)
        pen.ring(coil, complex(radius, radius), width, _COPPER)
    pen.stroke(coil + 16.5 * np.exp(1j * np.linspace(3.6, 5.0, 8)), 1.0, _SHINE)
    for valve in range(3):
        lever = coil + (13 - 4.5j + 4.5j * valve)
        down = 2.0 if moment.pressed(valve) else 0.0
        pen.stroke([coil + (3 - 4.5j + 4.5j * valve), lever - down], 2.4, _SILVER)
    frame = pen.at(bell, -30 + 4.0 * moment.sway)
    frame.oval(0j, 15.5 + 13.5j, _UMBER)
    frame.oval(0j, 14.4 + 12.4j, _COPPER)
    frame.oval(0j, 11.5 + 9.6j, (250, 190, 104))
    frame.oval(0j, 7.0 + 6.0j, _DARK)
    draw_arm(pen, figure, -1, bell + 1 - (1 + 3 * moment.height) * 1j)
    draw_hand(pen, figure, grip)


def stand_with_trombone(performer: Performer) -> Figure:
    """Far left: the slide needs the rest."""
    return Figure(performer, head=26 + 25j, size=9.4)


def trombone_behind(pen: Pen, figure: Figure) -> None:
    """The bell's pipe and the crook that pass behind the head."""
    mouth = figure.mouth
    crook = curve([mouth + 30 + 4j, mouth - 8 + 4j, mouth - 19 - 1j, mouth - 19 - 9j])
    crook = np.concatenate([crook, curve([mouth - 16 - 14j, mouth + 26 - 13j])])
    _pipe(pen, crook, 2.6)


def play_trombone(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A long slide that goes out as the note goes down; a bell above it."""
    mouth = figure.mouth
    frame = pen.at(mouth, 7.0)
    out = 40 + 24 * (1.0 - moment.height)
    draw_arm(pen, figure, 1, mouth + 8 + 7j)
    bell = mouth + np.array([10, 26, 36, 42, 46, 48.5]) - 13j
    _flare(pen, bell, [1.3, 1.7, 3.2, 5.6, 8.8, 11.5])
    pen.oval(mouth + 48.5 - 13j, 2.4 + 11.5j, _SHINE)
    pen.oval(mouth + 49 - 13j, 1.4 + 9.0j, _DARK)
    frame.stroke([8 - 0.5j, 8 + 7.5j], 2.2, _BRONZE)
    for rail in (0j, 7j):
        frame.stroke([4 + rail, 36 + rail], 1.8, _STEEL)
        _pipe(frame, [out - 32 + rail, out + rail], 2.4)
    _pipe(frame, curve([out + 0j, out + 4 + 3.5j, out + 7j]), 2.4)
    frame.stroke([0j, 4 + 0j], 2.8, _SILVER)
    hold = out - 30
    frame.stroke([hold + 0j, hold + 7j], 2.2, _BRONZE)
    turn = np.exp(1j * np.radians(7.0))
    draw_arm(pen, figure, -1, mouth + turn * (hold + 6j))


def sit_with_tuba(performer: Performer) -> Figure:
    """Seated behind the tuba."""
    return Figure(performer, head=33 + 25j, size=8.8, seated=True)


def play_tuba(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A huge golden coil on the lap, the bell above the head."""
    frame = pen.at(figure.head + 17 + 40j, 5.0 + 2.0 * moment.sway)
    bell = curve([12 + 24j, 14 + 4j, 15 - 18j, 16 - 36j, 16.5 - 48j, 17 - 56j])
    widths = np.interp(
        np.arange(len(bell)), [0, 12, 18, 24, 27, 30], [5.5, 6.5, 7.5, 11, 15, 22]
    )
    _flare(frame, bell, widths)
    frame.oval(17 - 56j, 22 + 5.0j, _SHINE)
    frame.oval(17 - 56.4j, 18.5 + 3.4j, _DARK)
    frame.stroke(bell[4:20] - 2.6, 1.8, _SHINE)
    frame.oval(0j, 19.5 + 29.5j, _BRONZE)
    frame.oval(0j, 18.6 + 28.6j, _GOLD)
    frame.oval(0j, 12 + 21.5j, _BRONZE)
    frame.oval(0j, 11 + 20.5j, (206, 148, 30))
    frame.ring(0j, 15.5 + 25j, 1.3, _SHINE)
    for x in (-6, 6):
        _pipe(frame, curve([x - 2 + 10j, x - 2 - 12j, x + 2 - 12j, x + 2 + 10j]), 1.6)
    mouth = figure.mouth
    _pipe(pen, curve([mouth, mouth + 7 + 3j, mouth + 13 + 13j, mouth + 15 + 20j]), 2.2)
    pen.stroke([mouth, mouth + 3 + 0.6j], 3.0, _SILVER)
    _valves(frame, moment, [-5 - 5j, 0 - 5j, 5 - 5j], 14.0)
    draw_arm(pen, figure, -1, figure.head + 12 + (36 - 2 * moment.pressed(0)) * 1j)
    draw_arm(pen, figure, 1, figure.head + 36 + 44j)
