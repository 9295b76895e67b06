"""What a run leaves to look at: metrics.jsonl, TensorBoard events, sample grids."""

import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib.image
import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import IdentityTransform
from tensorboardX import SummaryWriter

from cmgan_jax.runtime.whole_file import whole_file

_LETTERS = 12  # height of names in a grid, in pixels
_DOTS = 72  # per inch: a point is a pixel


class MetricsWriter:
    """Appends scalars to metrics.jsonl and to TensorBoard event files."""

    def __init__(self, workdir: Path, *, phase: str, step: int):
        """Opens the files of a run that continues after `step`.

        Lines that an interrupted run wrote beyond its last checkpoint are dropped:
        those steps are about to be made again.
        """
        self._phase = phase
        self._path = workdir / "metrics.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in self.read(workdir) if not self._later(line, step)]
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text("".join(json.dumps(line) + "\n" for line in kept))
        temporary.replace(self._path)
        # A folder per phase: purging hides the later steps of everything beside it.
        self._events = SummaryWriter(
            str(workdir / "tensorboard" / phase), purge_step=step + 1, flush_secs=30
        )

    def _later(self, line: dict, step: int) -> bool:
        return line["phase"] == self._phase and line["step"] > step

    @staticmethod
    def read(workdir: Path) -> list[dict]:
        """The lines of a run's metrics.jsonl; a last line cut short is left out."""
        path = workdir / "metrics.jsonl"
        if not path.exists():
            return []
        text = path.read_text()
        whole = text[: text.rfind("\n") + 1].splitlines()
        return [_parse(path, number, line) for number, line in enumerate(whole, 1)]

    def write(self, step: int, scalars: dict[str, float]) -> None:
        """Writes one line of scalars, and when that was (seconds since 1970)."""
        with self._path.open("a") as file:
            now = round(time.time(), 2)
            line = {"phase": self._phase, "step": step, "time": now, **scalars}
            file.write(json.dumps(line) + "\n")
        for name, value in scalars.items():
            self._events.add_scalar(name, value, step)

    def close(self) -> None:
        """Flushes and closes the files."""
        self._events.close()


def _parse(path: Path, number: int, line: str) -> dict:
    try:
        parsed = json.loads(line)
        if isinstance(parsed["phase"], str) and isinstance(parsed["step"], int):
            return parsed
        reason = "its phase or its step is odd"
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
    raise ValueError(
        f"line {number} of {path} is damaged ({reason}): remove it; the rest is read."
    )


def write_picture(path: Path, picture: UInt8[np.ndarray, "h w 3"]) -> None:
    """Writes a PNG, under its name only when it is complete."""
    with whole_file(path) as partial:
        matplotlib.image.imsave(partial, picture)


def grid(
    columns: list[UInt8[np.ndarray, "n _ _ 3"]],
    *,
    names: Sequence[str] = (),
    gap: int = 2,
) -> UInt8[np.ndarray, "height width 3"]:
    """One picture of several columns of pictures, row i of each side by side.

    Pictures smaller than the largest are enlarged, each pixel a whole number of times.

    Args:
      columns: RGB, n pictures each.
      names: of the n rows, written to the left of them; none where left out.
      gap: pixels between pictures, white.
    """
    rows = len(columns[0])
    height, width = (max(c.shape[axis] for c in columns) for axis in (1, 2))
    size = (rows * (height + gap) + gap, len(columns) * (width + gap) + gap, 3)
    canvas = np.full(size, 255, np.uint8)
    for j, column in enumerate(columns):
        factor = min(height // column.shape[1], width // column.shape[2])
        enlarged = column.repeat(factor, axis=1).repeat(factor, axis=2)
        for i, picture in enumerate(enlarged):
            top, left = gap + i * (height + gap), gap + j * (width + gap)
            canvas[top : top + len(picture), left : left + picture.shape[1]] = picture
    if not names:
        return canvas
    middles = gap + height / 2 + (height + gap) * np.arange(rows)
    return np.concatenate([_written(names, middles, len(canvas)), canvas], axis=1)


def _written(
    names: Sequence[str], middles: Float[np.ndarray, " n"], height: int
) -> UInt8[np.ndarray, "height width 3"]:
    """Names below each other, black on white, as wide as the longest takes.

    Args:
      names: of any writing; what the font lacks becomes boxes.
      middles: how far below the upper edge each stands, in pixels, [n].
      height: of the result, in pixels.
    """
    figure = Figure(dpi=_DOTS)
    canvas = FigureCanvasAgg(figure)
    style = {"fontsize": _LETTERS, "va": "center", "parse_math": False}
    place = IdentityTransform()
    texts = [
        figure.text(_LETTERS / 2, height - middle, name, transform=place, **style)
        for name, middle in zip(names, middles, strict=True)
    ]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        right = max(text.get_window_extent(canvas.get_renderer()).x1 for text in texts)
        width = round(right + _LETTERS / 2)
        figure.set_size_inches(width / _DOTS, height / _DOTS)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
