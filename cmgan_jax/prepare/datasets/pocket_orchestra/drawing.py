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
    trombone_behind,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.drawn_strings import (
    play_cello,
    play_double_bass,
    play_viola,
    play_violin,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.drawn_woodwinds import (
    play_bassoon,
    play_clarinet,
    play_flute,
    play_oboe,
    play_sax,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.figure import (
    Figure,
    Moment,
    draw_body,
    draw_head,
    draw_legs,
)
from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen
from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer
from cmgan_jax.prepare.datasets.pocket_orchestra.scenery import empty_room
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import Staging

_SUPERSAMPLING = 4


@dataclasses.dataclass(frozen=True)
class _Part:
    """How an instrument is drawn: over the body, and before it what lies behind."""

    play: Callable[[Pen, Figure, Moment], None]
    behind: Callable[[Pen, Figure, Moment], None] | None = None


_PARTS = {
    "bassoon": _Part(play_bassoon),
    "cello": _Part(play_cello),
    "clarinet": _Part(play_clarinet),
    "double_bass": _Part(play_double_bass),
    "flute": _Part(play_flute),
    "horn": _Part(play_horn),
    "oboe": _Part(play_oboe),
    "sax": _Part(play_sax),
    "trombone": _Part(play_trombone, behind=trombone_behind),
    "trumpet": _Part(play_trumpet),
    "tuba": _Part(play_tuba),
    "viola": _Part(play_viola),
    "violin": _Part(play_violin),
}


class Painter:
    """Draws one performer with one instrument on one stage, moment by moment."""

    def __init__(
        self,
        instrument: str,
        performer: Performer,
        *,
        staging: Staging,
        image_size: int,
        playing: bool = True,
    ):
        """Paints what stays: the room and the legs.

        Args:
          instrument: class name.
          performer: who plays.
          staging: the song's clothes, seat, room, light and camera.
          image_size: height and width of the pictures, in pixels.
          playing: whether to draw the instrument and what plays it. Without, a picture
            is the same room and the same person (legs, trunk, head, sway, nod) with
            instrument, bow, arms and hands left out, and what they hid drawn instead:
            everything of the picture that must not tell the instrument.
        """
        self._part = _PARTS[instrument]
        self._playing = playing
        self._performer = performer
        self._staging = staging
        self._figure = Figure(performer, staging)
        self._light = staging.light.over(image_size)
        self._canvas = empty_room(staging, _SUPERSAMPLING * image_size)
        draw_legs(self._pen(self._canvas), self._figure)

    def _pen(self, canvas: Image.Image) -> Pen:
        camera, size = self._staging.camera, self._performer.size
        stage = Pen(canvas).at(camera.corner, camera.degrees, camera.zoom)
        # Taller people grow about their hips.
        return stage.at((1 - size) * self._figure.hips, size=size)

    def picture(self, moment: Moment) -> UInt8[np.ndarray, "s s 3"]:
        """The picture of one moment, RGB."""
        canvas, figure = self._canvas.copy(), self._figure
        degrees = self._performer.sway_degrees * moment.sway
        pen = self._pen(canvas).about(figure.hips + 20j, degrees)
        if self._playing and self._part.behind:
            self._part.behind(pen, figure, moment)
        draw_body(pen, figure)
        draw_head(pen, figure, moment)
        if self._playing:
            self._part.play(pen, figure, moment)
        lit = np.asarray(canvas.reduce(_SUPERSAMPLING)) * self._light
        return np.minimum(lit, 255).astype(np.uint8)
