"""Draws a musician at one moment, supersampled and then averaged down."""

import dataclasses
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from cmgan_jax.prepare.datasets.pocket_orchestra.drawn_brass import (
    play_horn,
    play_trombone,
    play_trumpet,
    play_tuba,
    sit_with_horn,
    sit_with_tuba,
    stand_with_trombone,
    stand_with_trumpet,
    trombone_behind,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.drawn_strings import (
    play_cello,
    play_double_bass,
    play_viola,
    play_violin,
    sit_with_cello,
    stand_with_double_bass,
    stand_with_viola,
    stand_with_violin,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.drawn_woodwinds import (
    play_bassoon,
    play_clarinet,
    play_flute,
    play_oboe,
    play_sax,
    stand_with_bassoon,
    stand_with_clarinet,
    stand_with_flute,
    stand_with_oboe,
    stand_with_sax,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import (
    Figure,
    Moment,
    draw_body,
    draw_head,
    draw_legs,
    stage,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer

_SUPERSAMPLING = 4


@dataclasses.dataclass(frozen=True)
class _Part:
    """How an instrument is held and drawn."""

    place: Callable[[Performer], Figure]
    play: Callable[[Pen, Figure, Moment], None]
    blows: bool = True
    behind: Callable[[Pen, Figure], None] | None = None


_PARTS = {
    "bassoon": _Part(stand_with_bassoon, play_bassoon),
    "cello": _Part(sit_with_cello, play_cello, blows=False),
    "clarinet": _Part(stand_with_clarinet, play_clarinet),
    "double_bass": _Part(stand_with_double_bass, play_double_bass, blows=False),
    "flute": _Part(stand_with_flute, play_flute),
    "horn": _Part(sit_with_horn, play_horn),
    "oboe": _Part(stand_with_oboe, play_oboe),
    "sax": _Part(stand_with_sax, play_sax),
    "trombone": _Part(stand_with_trombone, play_trombone, behind=trombone_behind),
    "trumpet": _Part(stand_with_trumpet, play_trumpet),
    "tuba": _Part(sit_with_tuba, play_tuba),
    "viola": _Part(stand_with_viola, play_viola, blows=False),
    "violin": _Part(stand_with_violin, play_violin, blows=False),
}


class Painter:
    """Draws one performer with one instrument, moment by moment."""

    def __init__(self, instrument: str, performer: Performer, *, image_size: int):
        """Paints what stays: the stage and the legs.

        Args:
          instrument: class name.
          performer: who plays.
          image_size: height and width of the pictures, in pixels.
        """
        self._part = _PARTS[instrument]
        self._performer = performer
        self._figure = self._part.place(performer)
        self._canvas = stage(performer, _SUPERSAMPLING * image_size)
        draw_legs(self._pen(self._canvas), self._figure)

    def _pen(self, canvas: Image.Image) -> Pen:
        # Taller people grow from the floor upwards.
        size = self._performer.size
        corner = complex(50 + self._performer.place, 100) - size * (50 + 100j)
        return Pen(canvas).at(corner, size=size)

    def picture(self, moment: Moment) -> UInt8[np.ndarray, "s s 3"]:
        """The picture of one moment, RGB."""
        canvas, figure = self._canvas.copy(), self._figure
        degrees = self._performer.sway_degrees * moment.sway
        pen = self._pen(canvas).about(figure.hips + 20j, degrees)
        if self._part.behind:
            self._part.behind(pen, figure)
        draw_body(pen, figure)
        draw_head(pen, figure, moment, blows=self._part.blows)
        self._part.play(pen, figure, moment)
        return np.asarray(canvas.reduce(_SUPERSAMPLING))
