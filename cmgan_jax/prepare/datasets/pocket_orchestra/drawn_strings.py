"""Draws the violin family: a body with a waist, a neck, a bow, two hands.

Each instrument has its own frame: from the tailpiece along the strings to the scroll,
in lengths of the body.
"""

import cmath
import dataclasses
import math

from cmgan_jax.prepare.datasets.pocket_orchestra.figure import (
    Figure,
    Moment,
    draw_arm,
    draw_hand,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, shade
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour, Performer

_EBONY = (34, 28, 28)
_HAIR = (250, 246, 232)
_STICK = (120, 60, 34)


def _outline(halves: list[complex]) -> list[complex]:
    """Both sides of a body, from one side's points (along, half width)."""
    side = curve(halves)
    return [*side, *side.conj()[::-1]]


_WAISTED = _outline(
    [
        *(0j, 0.03 + 0.2j, 0.2 + 0.31j, 0.38 + 0.25j, 0.5 + 0.17j),
        *(0.62 + 0.2j, 0.78 + 0.25j, 0.94 + 0.18j, 1 + 0j),
    ]
)
_SLOPING = _outline(
    [
        *(0j, 0.03 + 0.24j, 0.2 + 0.36j, 0.38 + 0.3j, 0.52 + 0.2j),
        *(0.64 + 0.23j, 0.76 + 0.25j, 0.94 + 0.12j, 1.08 + 0.04j),
    ]
)


@dataclasses.dataclass(frozen=True)
class _Fiddle:
    """Shape and place of one of the family.

    Attributes:
      origin: where the tailpiece ends, in hundredths of the picture.
      degrees: direction of the strings, clockwise from rightwards.
      body: length of the body.
      neck: from the tailpiece's end to the scroll, in lengths of the body.
      wood: colour.
      sloping: whether the shoulders slope (double bass).
      bow: length of the bow.
      bow_degrees: direction of the bow from frog to tip.
      contact: where the bow crosses the strings, in lengths of the body.
      thick: half width of the fingerboard, in lengths of the body.
    """

    origin: complex
    degrees: float
    body: float
    neck: float
    wood: Colour
    bow: float
    bow_degrees: float
    contact: float = 0.5
    thick: float = 0.045
    sloping: bool = False

    def along(self, part: float) -> complex:
        """A place on the strings."""
        turn = cmath.rect(self.body * part, math.radians(self.degrees))
        return self.origin + turn


def _draw_fiddle(pen: Pen, fiddle: _Fiddle) -> None:
    frame = pen.at(fiddle.origin, fiddle.degrees, fiddle.body)
    outline = _SLOPING if fiddle.sloping else _WAISTED
    wood, thick = fiddle.wood, fiddle.thick
    rim = frame.at(-0.03 + 0j, 0.0, 1.06)
    rim.polygon(outline, shade(wood, 0.55))
    frame.polygon(outline, wood)
    frame.oval(0.22 + 0j, 0.12 + 0.2j, shade(wood, 1.18))
    for side in (-1, 1):
        hole = [0.36 + 0.15j * side, 0.42 + 0.11j * side, 0.54 + 0.1j * side]
        frame.stroke(hole, 0.035, _EBONY)
    neck = fiddle.neck
    frame.stroke([0.98 + 0j, neck - 0.04 + 0j], 2.6 * thick, shade(wood, 0.7))
    frame.stroke([0.04 + 0j, 0.28 + 0j], 2.2 * thick, _EBONY)
    frame.stroke([0.64 + 0j, neck - 0.14 + 0j], 2 * thick, _EBONY)
    frame.stroke([0.42 - 0.08j, 0.42 + 0.08j], 0.035, (236, 204, 150))
    for peg in (0.11, 0.05):
        frame.stroke([neck - peg - 0.1j, neck - peg + 0.1j], 0.03, _EBONY)
    frame.disc(neck + 0j, 1.5 * thick, shade(wood, 0.8))
    frame.stroke([0.28 + 0j, neck - 0.14 + 0j], 0.016, (226, 220, 206))


def _draw_bow(pen: Pen, fiddle: _Fiddle, bow: float) -> complex:
    """Draws the bow across the strings; returns where the hand holds it."""
    direction = cmath.rect(1.0, math.radians(fiddle.bow_degrees))
    frog = fiddle.along(fiddle.contact) - direction * fiddle.bow * (0.22 + 0.56 * bow)
    frame = pen.at(frog, fiddle.bow_degrees)
    # The stick lies on the side away from the scroll, an arc above the hair.
    frame.stroke([0.5j, fiddle.bow + 0.5j], 1.2, _HAIR)
    frame.stroke(
        curve([-1.4j, 0.5 * fiddle.bow - 0.7j, fiddle.bow - 1.2j]), 1.3, _STICK
    )
    frame.stroke([fiddle.bow - 1.2j, fiddle.bow + 0.8j], 1.3, _STICK)
    return frog


def _play(pen: Pen, figure: Figure, moment: Moment, fiddle: _Fiddle) -> None:
    reach = fiddle.neck - 0.16
    stop = fiddle.along(reach - moment.height * (reach - 0.98))
    draw_arm(pen, figure, 1, stop)
    _draw_fiddle(pen, fiddle)
    draw_hand(pen, figure, stop)
    hand = _draw_bow(pen, fiddle, moment.bow)
    draw_arm(pen, figure, -1, hand)


def stand_with_violin(performer: Performer) -> Figure:
    """Head bent over the chin rest."""
    return Figure(performer, head=38 + 25j, tilt=10.0)


def play_violin(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A small orange violin, raised; a short bow."""
    violin = _Fiddle(
        origin=figure.head + 5 + 11j,
        degrees=-14.0,
        body=25.0,
        neck=1.85,
        wood=(222, 120, 44),
        bow=42.0,
        bow_degrees=-62.0,
    )
    _play(pen, figure, moment, violin)


def stand_with_viola(performer: Performer) -> Figure:
    """Further left: the viola is longer."""
    return Figure(performer, head=28 + 24j, tilt=14.0)


def play_viola(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A broad dark red viola, lowered."""
    viola = _Fiddle(
        origin=figure.head + 3 + 13j,
        degrees=13.0,
        body=37.0,
        neck=1.72,
        wood=(134, 42, 30),
        bow=46.0,
        bow_degrees=-56.0,
    )
    _play(pen, figure, moment, viola)


def sit_with_cello(performer: Performer) -> Figure:
    """Seated, the cello between the knees."""
    return Figure(performer, head=40 + 19j, size=8.6, seated=True, tilt=-4.0)


def play_cello(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A chestnut cello on its spike, the neck beside the head."""
    cello = _Fiddle(
        origin=figure.head + 9 + 70j,
        degrees=-85.0,
        body=43.0,
        neck=1.78,
        wood=(186, 92, 34),
        bow=46.0,
        bow_degrees=7.0,
        contact=0.4,
        thick=0.04,
    )
    pen.stroke([cello.origin, cello.along(-0.22)], 1.6, (90, 90, 96))
    _play(pen, figure, moment, cello)


def stand_with_double_bass(performer: Performer) -> Figure:
    """Small beside the bass, on their feet."""
    return Figure(performer, head=29 + 25j, size=7.2, feet=True, tilt=-4.0)


def play_double_bass(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A dark bass with sloping shoulders, taller than the person."""
    bass = _Fiddle(
        origin=figure.head + 29 + 67j,
        degrees=-99.0,
        body=54.0,
        neck=1.68,
        wood=(112, 62, 30),
        bow=38.0,
        bow_degrees=10.0,
        contact=0.42,
        thick=0.035,
        sloping=True,
    )
    pen.stroke([bass.origin, bass.along(-0.08)], 1.8, (90, 90, 96))
    _play(pen, figure, moment, bass)
