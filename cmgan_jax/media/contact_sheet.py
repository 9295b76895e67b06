"""A contact sheet: pictures of a film in rows, with their times."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from cmgan_jax.media.pictures import squeeze

_COLUMNS, _MOST = 8, 48
_SIDE, _CAPTION, _GAP = 128, 14, 4
_PAPER, _INK = (24, 24, 24), (220, 220, 220)


class ContactSheet:
    """Keeps some pictures of a film, evenly spaced whatever its length."""

    def __init__(self):
        self._seen, self._every = 0, 1
        self._kept: list[tuple[float, np.ndarray]] = []

    def add(self, seconds: float, picture: UInt8[np.ndarray, "h w 3"]) -> None:
        """Shows the sheet the next picture, and when it is seen."""
        if self._seen % self._every == 0:
            self._kept.append((seconds, picture))
        self._seen += 1
        if len(self._kept) > _MOST:
            self._kept, self._every = self._kept[::2], 2 * self._every

    def drawn(self) -> UInt8[np.ndarray, "h w 3"]:
        """The sheet, with the pictures in order of time from the upper left."""
        columns = min(_COLUMNS, max(len(self._kept), 1))
        rows = -(-len(self._kept) // columns)
        across, down = _SIDE + _GAP, _SIDE + _CAPTION + _GAP
        sheet = Image.new("RGB", (columns * across, rows * down), _PAPER)
        pen = ImageDraw.Draw(sheet)
        for place, (seconds, picture) in enumerate(self._kept):
            x, y = place % columns * across, place // columns * down
            sheet.paste(Image.fromarray(squeeze(picture, _SIDE)), (x, y))
            pen.text((x + 2, y + _SIDE), _clock(seconds), fill=_INK)
        return np.asarray(sheet)


def _clock(seconds: float) -> str:
    """A moment as players show it: 0:12.4, 1:02:05.0."""
    tenths = round(10 * seconds)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{rest / 10:04.1f}"
