"""Draws the musician: legs, body, head, arms that reach for an instrument.

Only the arms know where the instrument is.
"""

import cmath
import dataclasses
import math

import numpy as np

from cmgan_jax.prepare.datasets.pocket_orchestra.fingering import Fingering
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, curve, shade, tube
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import Staging

_SHOE = (36, 32, 34)
_FLOOR = 131  # where feet stand, in hundredths of the stage


@dataclasses.dataclass(frozen=True)
class Moment:
    """What a musician does at one instant.

    Attributes:
      fingering: how the note is played.
      height: the note's place in the instrument's range, 0 low to 1 high.
      bow: place of the bow on the string, 0 at the frog to 1 at the tip.
      sway: lean of the body, -1 to 1.
      nod: 1 when a note begins, falling to 0.
    """

    fingering: Fingering
    height: float
    bow: float
    sway: float
    nod: float


@dataclasses.dataclass(frozen=True)
class Figure:
    """A musician's body, in hundredths of the stage, as complex x + iy.

    Attributes:
      performer: whose body.
      staging: what they wear and whether they sit.
    """

    performer: Performer
    staging: Staging

    @property
    def head(self) -> complex:
        """Middle of the head."""
        return self.staging.head

    @property
    def mouth(self) -> complex:
        """Where a mouthpiece meets the lips."""
        return self.head + cmath.rect(5.5, math.radians(90 + self.staging.tilt))

    def shoulder(self, side: int) -> complex:
        """The shoulder at the viewer's left (-1) or right (1)."""
        return self.head + complex(side * 13 * self.performer.build, 22)

    @property
    def hips(self) -> complex:
        """Middle of the hips."""
        return self.head + 56j


def draw_legs(pen: Pen, figure: Figure) -> None:
    """Chair and legs; they stay while the body sways."""
    hips, staging = figure.hips, figure.staging
    chair = shade(staging.trim, 0.5)
    if staging.seated:
        seat = hips + 3j
        pen.stroke([seat - 13, seat + 13], 4.5, chair)
        for side in (-1, 1):
            post = seat + 12 * side
            pen.stroke([post, complex(post.real, _FLOOR)], 2.2, shade(chair, 0.8))
    for side in (-1, 1):
        if staging.seated:
            knee = hips + 21 * side + 8j
            foot = complex(knee.real + 2 * side, _FLOOR)
            leg = [hips + 5 * side, knee, foot]
        else:
            foot = complex(hips.real + 6 * side, _FLOOR)
            leg = [hips + 5 * side, foot]
        pen.stroke(leg, 9, staging.trousers)
        pen.oval(foot + complex(side * 1.5, 1.5), 5 + 2.4j, _SHOE)


def draw_body(pen: Pen, figure: Figure) -> None:
    """Trunk, neck and clothes."""
    person, staging, head = figure.performer, figure.staging, figure.head
    left, right = figure.shoulder(-1), figure.shoulder(1)
    waist = 10.5 * person.build
    low = figure.hips + 2j
    middle = low - 18j
    skirt = 1.35 if staging.outfit == "dress" else 1.0
    trunk = [
        head - 5 + 15j,
        left - 2 - 2j,
        left - 3 + 4j,
        middle - waist * 1.03 / skirt,
        low - waist * skirt,
        low + waist * skirt,
        middle + waist * 1.03 / skirt,
        right + 3 + 4j,
        right + 2 - 2j,
        head + 5 + 15j,
    ]
    pen.polygon(trunk, staging.clothes)
    _dress(pen, figure, middle, low, waist)
    neck = [head + 5j, head + 17j]
    pen.stroke(neck, 6.5, shade(person.skin, 0.88))


def _dress(
    pen: Pen, figure: Figure, middle: complex, low: complex, waist: float
) -> None:
    """What tells a suit from a shirt, a dress, a vest and a striped jumper."""
    staging = figure.staging
    throat = figure.head + 16j
    if staging.outfit == "suit":
        pen.polygon([throat - 5, throat + 5, throat + 22j], (244, 242, 238))
        pen.stroke([throat + 3j, throat + 17j], 2.6, shade(staging.accent, 0.7))
    elif staging.outfit == "shirt":
        pen.stroke([throat, low], 1.0, shade(staging.clothes, 0.7))
        pen.polygon([throat - 6, throat + 6, throat + 6j], staging.accent)
    elif staging.outfit == "dress":
        pen.oval(throat, 6 + 6j, figure.performer.skin)
        pen.stroke([middle - 0.7 * waist, middle + 0.7 * waist], 2.4, staging.accent)
    elif staging.outfit == "vest":
        front = [throat - 8, throat - 4 + 40j, throat + 4 + 40j, throat + 8]
        pen.polygon(front, staging.accent)
    else:
        for down in (34, 44, 54):
            stripe = figure.head + 1j * down
            pen.stroke([stripe - waist, stripe + waist], 2.6, staging.accent)


def draw_head(pen: Pen, figure: Figure, moment: Moment) -> None:
    """Head, hair and face; the head nods when a note begins."""
    person = figure.performer
    head = pen.at(figure.head + 0.8j * moment.nod, figure.staging.tilt)
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
    _face(head, person, moment)


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


def _face(head: Pen, person: Performer, moment: Moment) -> None:
    brow = shade(person.hair, 0.7)
    raised = -4.0 - 1.6 * moment.height
    for side in (-1, 1):
        eye = 3.6 * side - 0.5j
        head.stroke([eye - 1.6 + raised * 1j, eye + 1.6 + raised * 1j], 1.0, brow)
        if moment.nod > 0.7:
            head.stroke([eye - 1.4, eye + 1.4], 1.0, (40, 30, 30))
        else:
            head.disc(eye, 1.35, (32, 26, 28))
        head.disc(5.6 * side + 3.2j, 2.0, shade(person.skin, 0.9))
        if person.glasses:
            head.ring(eye, 2.7 + 2.7j, 0.7, (50, 50, 60))
    head.stroke([1.2j, 2.4j], 1.2, shade(person.skin, 0.8))
    head.stroke([-2.2 + 5.6j, 2.2 + 5.6j], 1.1, (150, 70, 66))


def draw_hand(pen: Pen, figure: Figure, hand: complex) -> None:
    """A hand with a dark edge; drawn again over an instrument that lies on its arm."""
    skin = figure.performer.skin
    pen.disc(hand, 4.2, shade(skin, 0.45))
    pen.disc(hand, 3.4, skin)


def draw_arm(pen: Pen, figure: Figure, side: int, hand: complex) -> None:
    """An arm from a shoulder to a hand, the elbow down and outwards."""
    start = figure.shoulder(side)
    length = 16.5
    reach = hand - start
    away = max(abs(reach), 1e-6)
    bend = math.sqrt(max(length**2 - (away / 2) ** 2, 0.0))
    bends = [start + reach / 2 + turn * bend * reach / away for turn in (1j, -1j)]
    elbow = max(bends, key=lambda place: place.imag + 0.6 * side * place.real)
    sleeve = shade(figure.staging.clothes, 0.78)
    cuff = elbow + 0.8 * (hand - elbow)
    pen.polygon(tube(np.array([start, elbow]), [4.4, 3.8]), sleeve)
    pen.disc(start, 4.4, sleeve)
    pen.disc(elbow, 3.8, sleeve)
    pen.polygon(tube(np.array([elbow, cuff]), [3.8, 3.2]), sleeve)
    pen.stroke([cuff, hand], 4.2, figure.performer.skin)
    draw_hand(pen, figure, hand)
