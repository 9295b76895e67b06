"""Paints the empty room of a song: wall, backdrop, floor and furniture."""

import numpy as np
from PIL import Image

from cmgan_jax.prepare.datasets.pocket_orchestra.pen import Pen, Real, shade
from cmgan_jax.prepare.datasets.pocket_orchestra.staging import Staging

# Far outside of what a camera shows.
_LEFT, _RIGHT, _TOP, _BOTTOM = -40, 170, -40, 180
_HORIZON = 113


def _box(left: Real, top: Real, right: Real, bottom: Real) -> list[complex]:
    return [
        complex(left, top),
        complex(right, top),
        complex(right, bottom),
        complex(left, bottom),
    ]


def empty_room(staging: Staging, pixels: int) -> Image.Image:
    """The room before the musician comes in, RGB [pixels pixels]."""
    canvas = Image.new("RGB", (pixels, pixels), staging.wall)
    camera = staging.camera
    pen = Pen(canvas).at(camera.corner, camera.degrees, camera.zoom)
    _BACKDROPS[staging.backdrop](pen, staging)
    floor = staging.floor
    pen.polygon(_box(_LEFT, _HORIZON, _RIGHT, _BOTTOM), floor)
    pen.polygon(_box(_LEFT, _HORIZON, _RIGHT, _HORIZON + 2.5), shade(floor, 0.7))
    _FURNITURE[staging.furniture](pen, staging)
    return canvas


def _plain(pen: Pen, staging: Staging) -> None:
    height = 70 + 30 * staging.backdrop_at
    pen.polygon(_box(_LEFT, height, _RIGHT, _HORIZON), shade(staging.wall, 0.85))


def _curtain(pen: Pen, staging: Staging) -> None:
    width = 12 + 14 * staging.backdrop_at
    for x in np.arange(_LEFT, _RIGHT, width):
        fold = _box(x, _TOP, x + 0.45 * width, _HORIZON)
        pen.polygon(fold, shade(staging.wall, 0.84))


def _window(pen: Pen, staging: Staging) -> None:
    left, frame = 4 + 90 * staging.backdrop_at, shade(staging.trim, 0.8)
    pen.polygon(_box(left, 6, left + 40, 68), frame)
    pen.polygon(_box(left + 3, 9, left + 37, 65), (206, 228, 244))
    pen.stroke([left + 20 + 9j, left + 20 + 65j], 2.0, frame)
    pen.stroke([left + 3 + 36j, left + 37 + 36j], 2.0, frame)


def _panels(pen: Pen, staging: Staging) -> None:
    for x in np.arange(_LEFT + 40 * staging.backdrop_at, _RIGHT, 40):
        pen.polygon(_box(x, 10, x + 33, 100), shade(staging.wall, 0.87))


def _spotlight(pen: Pen, staging: Staging) -> None:
    pen.polygon(_box(_LEFT, _TOP, _RIGHT, _BOTTOM), shade(staging.wall, 0.68))
    foot = 30 + 70 * staging.backdrop_at
    cone = [foot - 14 - 40j, foot + 14 - 40j, foot + 62 + 120j, foot - 62 + 120j]
    pen.polygon(cone, staging.wall)


def _bricks(pen: Pen, staging: Staging) -> None:
    joint, side = shade(staging.wall, 0.82), 16 * staging.backdrop_at
    for row, y in enumerate(range(-36, _HORIZON, 12)):
        pen.stroke([complex(_LEFT, y), complex(_RIGHT, y)], 1.4, joint)
        for x in np.arange(_LEFT + side + 12 * (row % 2), _RIGHT, 24):
            pen.stroke([complex(x, y), complex(x, y + 12)], 1.4, joint)


def _pictures(pen: Pen, staging: Staging) -> None:
    for number, left in enumerate((-6, 30, 78, 112)):
        x, y = left + 16 * staging.backdrop_at, 8 + 11 * (number % 3)
        pen.polygon(_box(x, y, x + 24, y + 30), shade(staging.trim, 0.5))
        pen.polygon(_box(x + 3, y + 3, x + 21, y + 27), staging.accent)
        pen.disc(complex(x + 12, y + 15), 6, staging.trim)


def _lamp(pen: Pen, staging: Staging) -> None:
    x = _furniture_place(staging)
    pen.stroke([x + 40j, x + 122j], 2.4, (60, 58, 62))
    pen.oval(x + 122j, 9 + 2.5j, (60, 58, 62))
    pen.polygon([x - 6 + 26j, x + 6 + 26j, x + 12 + 46j, x - 12 + 46j], staging.accent)


def _plant(pen: Pen, staging: Staging) -> None:
    x = _furniture_place(staging)
    green = (52, 116, 66)
    for lean in (-17, -9, 0, 9, 17):
        pen.stroke([x + 98j, x + lean + (70 + 0.8 * abs(lean)) * 1j], 3.6, green)
    pen.polygon([x - 10 + 98j, x + 10 + 98j, x + 7 + 122j, x - 7 + 122j], staging.trim)


def _shelf(pen: Pen, staging: Staging) -> None:
    x, dark = _furniture_place(staging).real, shade(staging.trim, 0.55)
    pen.polygon(_box(x - 17, 40, x + 17, 122), dark)
    for shelf, y in enumerate((45, 71, 97)):
        for book in range(5):
            colour = shade(staging.accent, 0.55 + 0.09 * ((3 * book + shelf) % 5))
            left = x - 14 + 5.8 * book
            pen.polygon(_box(left, y + book % 2 * 3, left + 4.6, y + 20), colour)


def _piano(pen: Pen, staging: Staging) -> None:
    x, dark = _furniture_place(staging).real, shade(staging.trim, 0.3)
    pen.polygon(_box(x - 24, 72, x + 24, 124), dark)
    pen.polygon(_box(x - 26, 92, x + 26, 98), (232, 230, 224))
    for key in range(9):
        pen.stroke([x - 23 + 5.6 * key + 92j, x - 23 + 5.6 * key + 95j], 2.0, dark)


def _furniture_place(staging: Staging) -> complex:
    """Beside the musician, at the left or at the right."""
    at = staging.furniture_at
    return complex(4 + 40 * at if at < 0.5 else 92 + 60 * (at - 0.5))


def _nothing(pen: Pen, staging: Staging) -> None:
    """An empty place."""


_BACKDROPS = {
    "plain": _plain,
    "curtain": _curtain,
    "window": _window,
    "panels": _panels,
    "spotlight": _spotlight,
    "bricks": _bricks,
    "pictures": _pictures,
}
_FURNITURE = {
    "none": _nothing,
    "lamp": _lamp,
    "plant": _plant,
    "shelf": _shelf,
    "piano": _piano,
}
