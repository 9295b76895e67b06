"""Draws the musician: stage, legs, body, head, arms that reach for an instrument."""

import cmath
import dataclasses
import math

import numpy as np
from PIL import Image

from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, shade, tube
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer

_SHOE = (36, 32, 34)
_CHAIR = (70, 60, 62)


@dataclasses.dataclass(frozen=True)
class Moment:
    """What a musician does at one instant.

    Attributes:
      height: the note's place in the instrument's range, 0 low to 1 high.
      semitone: the note's MIDI number; chooses keys and valves.
      bow: place of the bow on the string, 0 at the frog to 1 at the tip.
      sway: lean of the body, -1 to 1.
      nod: 1 when a note begins, falling to 0.
    """

    height: float
    semitone: int
    bow: float
    sway: float
    nod: float

    def pressed(self, key: int) -> bool:
        """Whether a key or valve is down for this note."""
        return bool((self.semitone * 5 // (1 << key)) & 1)


@dataclasses.dataclass(frozen=True)
class Figure:
    """Where a musician's body is, in hundredths of the picture, as complex x + iy.

    Attributes:
      performer: whose body.
      head: middle of the head.
      size: radius of the head.
      seated: whether they sit, feet in the picture; else cut at the picture's edge.
      feet: whether the legs of a standing figure are in the picture.
      tilt: lean of the head, degrees clockwise.
    """

    performer: Performer
    head: complex
    size: float = 10.0
    seated: bool = False
    feet: bool = False
    tilt: float = 0.0

    @property
    def unit(self) -> float:
        """Width factor of limbs and trunk."""
        return self.size / 10.0

    @property
    def mouth(self) -> complex:
        """Where a mouthpiece meets the lips."""
        lean = cmath.rect(1.0, math.radians(self.tilt))
        return self.head + lean * 0.55j * self.size

    def shoulder(self, side: int) -> complex:
        """The shoulder at the viewer's left (-1) or right (1)."""
        width = 1.3 * self.size * self.performer.build
        return self.head + complex(side * width, 2.2 * self.size)

    @property
    def hips(self) -> complex:
        """Middle of the hips."""
        return self.head + 5.6j * self.size


def stage(performer: Performer, pixels: int) -> Image.Image:
    """The empty stage of a performer, RGB [pixels pixels]."""
    canvas = Image.new("RGB", (pixels, pixels), performer.wall)
    pen = Pen(canvas)
    wall = performer.wall
    if performer.backdrop == "curtain":
        for x in range(0, 101, 14):
            pen.polygon([x, x + 6, x + 7 + 100j, x - 1 + 100j], shade(wall, 0.88))
    elif performer.backdrop == "window":
        pen.polygon([66 + 6j, 94 + 6j, 94 + 50j, 66 + 50j], shade(wall, 0.78))
        pen.polygon([68 + 8j, 92 + 8j, 92 + 48j, 68 + 48j], (214, 236, 250))
        pen.stroke([80 + 8j, 80 + 48j], 1.6, shade(wall, 0.78))
        pen.stroke([68 + 28j, 92 + 28j], 1.6, shade(wall, 0.78))
    elif performer.backdrop == "panels":
        for x in (4, 36, 68):
            box = [x + 8j, x + 28 + 8j, x + 28 + 74j, x + 74j]
            pen.polygon(box, shade(wall, 0.9))
    elif performer.backdrop == "spotlight":
        canvas.paste(shade(wall, 0.72), (0, 0, pixels, pixels))
        pen.polygon([30, 70, 98 + 100j, 2 + 100j], wall)
    pen.polygon([82j, 100 + 82j, 100 + 100j, 100j], performer.floor)
    pen.polygon([82j, 100 + 82j, 100 + 83.5j, 83.5j], shade(performer.floor, 0.75))
    return canvas


def draw_legs(pen: Pen, figure: Figure) -> None:
    """Chair and legs; they stay while the body sways."""
    unit, hips, trousers = figure.unit, figure.hips, figure.performer.trousers
    if figure.seated:
        seat = hips + 1j * unit
        pen.stroke([seat - 12 * unit, seat + 12 * unit], 4 * unit, _CHAIR)
        for side in (-1, 1):
            post = seat + 11 * side * unit
            pen.stroke([post, post.real + 94j], 2 * unit, shade(_CHAIR, 0.8))
    for side in (-1, 1):
        if figure.seated:
            knee = hips + (21 * side + 6j) * unit
            foot = complex(knee.real + 2 * side * unit, 95)
            leg = [hips + 5 * side * unit, knee, foot]
        else:
            foot = complex(hips.real + 6 * side * unit, 95 if figure.feet else 110)
            leg = [hips + 5 * side * unit, foot]
        pen.stroke(leg, 8.5 * unit, trousers)
        pen.oval(foot + complex(side * 1.5, 1.5) * unit, (5 + 2.4j) * unit, _SHOE)


def draw_body(pen: Pen, figure: Figure) -> None:
    """Trunk, neck and clothes."""
    person, unit, head = figure.performer, figure.unit, figure.head
    left, right = figure.shoulder(-1), figure.shoulder(1)
    waist = 10.5 * unit * person.build
    low = figure.hips + 2j * unit
    middle = low - 18j * unit
    skirt = 1.35 if person.outfit == "dress" and not figure.seated else 1.0
    trunk = [
        head + (-5 + 15j) * unit,
        left + (-2 - 2j) * unit,
        left + (-3 + 4j) * unit,
        middle - waist * 1.03 / skirt,
        low - waist * skirt,
        low + waist * skirt,
        middle + waist * 1.03 / skirt,
        right + (3 + 4j) * unit,
        right + (2 - 2j) * unit,
        head + (5 + 15j) * unit,
    ]
    pen.polygon(trunk, person.clothes)
    throat = head + 16j * unit
    if person.outfit == "suit":
        lapel = [throat - 5 * unit, throat + 5 * unit, throat + 22j * unit]
        pen.polygon(lapel, (244, 242, 238))
        pen.stroke([throat + 3j * unit, throat + 17j * unit], 2.6 * unit, person.accent)
        pen.disc(throat + 2.5j * unit, 2 * unit, shade(person.accent, 0.6))
    elif person.outfit == "shirt":
        pen.stroke([throat, low], 1.0 * unit, shade(person.clothes, 0.7))
        collar = [throat - 6 * unit, throat + 6 * unit, throat + 6j * unit]
        pen.polygon(collar, person.accent)
    elif person.outfit == "dress":
        pen.oval(throat, (6 + 6j) * unit, person.skin)
        sash = 0.7 * waist
        pen.stroke([middle - sash, middle + sash], 2.4 * unit, person.accent)
    else:
        for down in (12, 22, 32):
            stripe = complex(head.real, left.imag + down * unit)
            pen.stroke([stripe - waist, stripe + waist], 2.4 * unit, person.accent)
    neck = [head + 5j * unit, throat + 1j * unit]
    pen.stroke(neck, 6.5 * unit, shade(person.skin, 0.88))


def draw_head(pen: Pen, figure: Figure, moment: Moment, *, blows: bool) -> None:
    """Head, hair and face; the head nods when a note begins."""
    person = figure.performer
    head = pen.at(figure.head + 0.8j * moment.nod * figure.unit, figure.tilt)
    head = head.at(0j, 0.0, figure.unit)
    _hair_behind(head, person)
    for side in (-1, 1):
        head.disc(9 * side + 1j, 2.0, shade(person.skin, 0.88))
    head.oval(0j, 8.8 + 10j, person.skin)
    if person.beard:
        beard = curve(
            [-8.2 + 2j, -6 + 8j, 10.6j, 6 + 8j, 8.2 + 2j, 4 + 4.4j, -4 + 4.4j]
        )
        head.polygon(beard, person.hair)
    _hair_over(head, person)
    _face(head, person, moment, blows=blows)


def _hair_behind(head: Pen, person: Performer) -> None:
    if person.hair_style == "long":
        head.polygon(_LONG_HAIR, person.hair)
    elif person.hair_style == "bob":
        head.oval(1j, 11.2 + 10.5j, person.hair)
    elif person.hair_style == "bun":
        head.disc(-12j, 4.6, person.hair)
    elif person.hair_style == "curly":
        for angle in range(150, 400, 25):
            head.disc(cmath.rect(9.6, math.radians(angle)) - 1j, 4.0, person.hair)


def _hair_over(head: Pen, person: Performer) -> None:
    if person.hair_style != "bald":
        head.polygon(_FRINGE, person.hair)


_LONG_HAIR = curve([-9 + 17j, -11.5 + 2j, -8 - 9j, -11j, 8 - 9j, 11.5 + 2j, 9 + 17j])
_FRINGE = curve(
    [-9.4 + 0j, -9 - 6j, -4 - 11j, 4 - 11j, 9 - 6j, 9.4 + 0j, 6 - 5j, 0 - 5.5j, -6 - 5j]
)


def _face(head: Pen, person: Performer, moment: Moment, *, blows: bool) -> None:
    brow = shade(person.hair, 0.7)
    raised = -4.0 - 1.6 * moment.height
    for side in (-1, 1):
        eye = 3.6 * side - 0.5j
        head.stroke([eye - 1.6 + raised * 1j, eye + 1.6 + raised * 1j], 1.0, brow)
        if moment.nod > 0.7:
            head.stroke([eye - 1.4, eye + 1.4], 1.0, (40, 30, 30))
        else:
            head.disc(eye, 1.35, (32, 26, 28))
        head.disc(5.6 * side + 3.2j, 1.8 + 0.9 * blows, shade(person.skin, 0.9))
        if person.glasses:
            head.ring(eye, 2.7 + 2.7j, 0.7, (50, 50, 60))
    head.stroke([1.2j, 2.4j], 1.2, shade(person.skin, 0.8))
    if not blows:
        head.stroke(curve([-2.4 + 5.4j, 6.2j, 2.4 + 5.4j], 3), 1.0, (150, 70, 66))


def draw_hand(pen: Pen, figure: Figure, hand: complex) -> None:
    """A hand; drawn again over an instrument that lies on its arm."""
    pen.disc(hand, 3.2 * figure.unit, figure.performer.skin)


def draw_arm(pen: Pen, figure: Figure, side: int, hand: complex) -> None:
    """An arm from a shoulder to a hand, the elbow down and outwards."""
    unit = figure.unit
    start = figure.shoulder(side)
    length = 15.5 * unit
    reach = hand - start
    away = max(abs(reach), 1e-6)
    bend = math.sqrt(max(length**2 - (away / 2) ** 2, 0.0))
    bends = [start + reach / 2 + turn * bend * reach / away for turn in (1j, -1j)]
    elbow = max(bends, key=lambda place: place.imag + 0.6 * side * place.real)
    sleeve = shade(figure.performer.clothes, 0.78)
    cuff = elbow + 0.82 * (hand - elbow)
    pen.polygon(tube(np.array([start, elbow]), [4.4 * unit, 3.6 * unit]), sleeve)
    pen.disc(start, 4.4 * unit, sleeve)
    pen.disc(elbow, 3.6 * unit, sleeve)
    pen.polygon(tube(np.array([elbow, cuff]), [3.6 * unit, 2.9 * unit]), sleeve)
    pen.stroke([cuff, hand], 4.2 * unit, figure.performer.skin)
    draw_hand(pen, figure, hand)
