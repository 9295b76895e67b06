"""Draws shapes given as complex numbers, x + iy, y downwards, on a larger canvas.

A pen stands somewhere, turned and scaled; shapes are written in its own frame, in
hundredths of the picture. Complex numbers make the frame one product and one sum.
"""

import cmath
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Colour

Real = float | int
Points = Sequence[complex | Real] | np.ndarray
_CIRCLE = np.exp(2j * np.pi * np.arange(24) / 24)


def curve(points: Points, steps: int = 6) -> np.ndarray:
    """A smooth open curve through points (Catmull-Rom), complex [n]."""
    points = np.asarray(points, complex)
    padded = np.concatenate([points[:1], points, points[-1:]])
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[:, None]
    smooth = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2) + 0.5 * (
        (3 * b - a - 3 * c + d) * t**3
    )
    return np.append(smooth.T.ravel(), points[-1])


def tube(centre: Points, half_widths: Sequence[Real] | np.ndarray) -> np.ndarray:
    """Outline of a bent tube of changing width, complex [2 n]."""
    centre = np.asarray(centre, complex)
    along = np.gradient(centre)
    side = 1j * along / np.abs(along) * np.asarray(half_widths)
    return np.concatenate([centre + side, (centre - side)[::-1]])


def shade(colour: Colour, factor: Real) -> Colour:
    """A darker (factor below 1) or lighter (above 1) relative of a colour."""
    if factor <= 1:
        red, green, blue = (int(channel * factor) for channel in colour)
    else:
        red, green, blue = (
            int(255 - (255 - channel) * (2 - factor)) for channel in colour
        )
    return red, green, blue


class Pen:
    """A place, a direction and a size on a canvas to draw in."""

    def __init__(self, canvas: Image.Image):
        self._draw = ImageDraw.Draw(canvas)
        self._turn = complex(canvas.width / 100.0)
        self._origin = 0j

    def at(self, origin: complex, degrees: Real = 0.0, size: Real = 1.0) -> "Pen":
        """A pen whose frame starts at `origin` of this one, turned clockwise."""
        other = object.__new__(Pen)
        other._draw = self._draw
        other._turn = self._turn * cmath.rect(size, math.radians(degrees))
        other._origin = self._turn * origin + self._origin
        return other

    def about(self, pivot: complex, degrees: Real) -> "Pen":
        """This pen's frame turned clockwise about a point of it."""
        turn = cmath.rect(1.0, math.radians(degrees))
        return self.at(pivot - turn * pivot, degrees)

    def _flat(self, points: Points) -> list[float]:
        placed = np.asarray(points, complex) * self._turn + self._origin
        return placed.view(float).tolist()

    def polygon(self, points: Points, fill: Colour) -> None:
        """A filled outline."""
        self._draw.polygon(self._flat(points), fill=fill)

    def stroke(self, points: Points, width: Real, fill: Colour) -> None:
        """A line with round ends."""
        flat = self._flat(points)
        pixels = max(1, round(width * abs(self._turn)))
        self._draw.line(flat, fill=fill, width=pixels, joint="curve")
        if pixels > 3:
            radius = pixels / 2 - 0.5
            self._dot(flat[0], flat[1], radius, fill)
            self._dot(flat[-2], flat[-1], radius, fill)

    def disc(self, centre: complex, radius: Real, fill: Colour) -> None:
        """A filled circle."""
        place = centre * self._turn + self._origin
        self._dot(place.real, place.imag, radius * abs(self._turn), fill)

    def oval(self, centre: complex, radii: complex, fill: Colour) -> None:
        """A filled ellipse along the frame's axes; radii are x + iy."""
        shape = radii.real * _CIRCLE.real + 1j * radii.imag * _CIRCLE.imag
        self.polygon(centre + shape, fill)

    def ring(self, centre: complex, radii: complex, width: Real, fill: Colour) -> None:
        """An ellipse's line."""
        shape = radii.real * _CIRCLE.real + 1j * radii.imag * _CIRCLE.imag
        self.stroke(centre + np.append(shape, shape[:2]), width, fill)

    def _dot(self, x: float, y: float, radius: Real, fill: Colour) -> None:
        box = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(box, fill=fill)
