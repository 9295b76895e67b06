"""Draws the violin family: a body with a waist, a neck, a bow, two hands.

Each instrument has its own frame: from the tailpiece along the strings to the scroll,
in lengths of the body. The left hand stops the string where a real one would, and the
higher the string, the lower the bow hand.
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
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour

_NUT, _BRIDGE = 0.14, 0.42  # from the scroll; from the tailpiece's end
_REACH = 2.8  # of the left hand from string to string, in hundredths of the stage
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
      bow_degrees: direction of the bow from frog to tip on the lowest string.
      string_degrees: further turn of the bow for every higher string.
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
    string_degrees: float
    contact: float = 0.5
    thick: float = 0.045
    sloping: bool = False

    def along(self, part: float, beside: float = 0.0) -> complex:
        """A place along the strings, in lengths of the body, and beside them."""
        turn = cmath.rect(1.0, math.radians(self.degrees))
        return self.origin + turn * complex(self.body * part, beside)


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


def _draw_bow(pen: Pen, fiddle: _Fiddle, moment: Moment) -> complex:
    """Draws the bow across the strings; returns where the hand holds it."""
    degrees = fiddle.bow_degrees + fiddle.string_degrees * moment.fingering.string
    direction = cmath.rect(1.0, math.radians(degrees))
    held = fiddle.bow * (0.36 + 0.28 * moment.bow)
    frog = fiddle.along(fiddle.contact) - direction * held
    frame = pen.at(frog, degrees)
    # The stick lies on the side away from the scroll, an arc above the hair.
    frame.stroke([0.5j, fiddle.bow + 0.5j], 1.4, _HAIR)
    frame.stroke(
        curve([-1.6j, 0.5 * fiddle.bow - 0.9j, fiddle.bow - 1.4j]), 1.5, _STICK
    )
    frame.stroke([fiddle.bow - 1.4j, fiddle.bow + 0.8j], 1.5, _STICK)
    return frog


def _play(pen: Pen, figure: Figure, moment: Moment, fiddle: _Fiddle) -> None:
    nut = fiddle.neck - _NUT
    sounding = 2.0 ** (-moment.fingering.semitones / 12)
    # A hand that stops the lowest string reaches all the way over the fingerboard.
    over = _REACH * (moment.fingering.string - 1.5)
    stop = fiddle.along(_BRIDGE + (nut - _BRIDGE) * sounding, over)
    draw_arm(pen, figure, 1, stop)
    _draw_fiddle(pen, fiddle)
    hand = _draw_bow(pen, fiddle, moment)
    draw_hand(pen, figure, stop)
    draw_arm(pen, figure, -1, hand)


def play_violin(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A small orange violin, raised; a short bow."""
    violin = _Fiddle(
        origin=figure.head + 3 + 12j,
        degrees=-12.0,
        body=30.0,
        neck=1.9,
        wood=(226, 122, 44),
        bow=42.0,
        bow_degrees=-22.0,
        string_degrees=-18.0,
    )
    _play(pen, figure, moment, violin)


def play_viola(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A broad dark red viola, lowered."""
    viola = _Fiddle(
        origin=figure.head + 3 + 14j,
        degrees=14.0,
        body=35.0,
        neck=1.72,
        wood=(134, 42, 30),
        bow=46.0,
        bow_degrees=-16.0,
        string_degrees=-18.0,
    )
    _play(pen, figure, moment, viola)


def play_cello(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A chestnut cello on its spike, the neck beside the head."""
    cello = _Fiddle(
        origin=figure.head + 10 + 74j,
        degrees=-85.0,
        body=50.0,
        neck=1.8,
        wood=(190, 94, 34),
        bow=46.0,
        bow_degrees=26.0,
        string_degrees=-16.0,
        contact=0.46,
        thick=0.04,
    )
    pen.stroke([cello.origin, cello.along(-0.4)], 1.8, (90, 90, 96))
    _play(pen, figure, moment, cello)


def play_double_bass(pen: Pen, figure: Figure, moment: Moment) -> None:
    """A dark bass with sloping shoulders, taller than the person."""
    bass = _Fiddle(
        origin=figure.head + 29 + 82j,
        degrees=-98.0,
        body=66.0,
        neck=1.64,
        wood=(112, 62, 30),
        bow=40.0,
        bow_degrees=28.0,
        string_degrees=-15.0,
        contact=0.5,
        thick=0.035,
        sloping=True,
    )
    pen.stroke([bass.origin, bass.along(-0.12)], 2.0, (90, 90, 96))
    _play(pen, figure, moment, bass)
