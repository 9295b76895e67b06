"""What metrics.jsonl recorded, drawn as SVG that takes its colours from the page."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

WIDTH, HEIGHT = 3.7, 2.4  # inches; the page scales the drawing to its column
SMOOTHED_FROM = 40  # points; a shorter line is drawn as it is


@dataclass(frozen=True)
class Panel:
    """One drawing: scalars of one phase that share an axis.

    Attributes:
      title: what the drawing shows.
      phase: "recognisers", "autoencoders" or "gan".
      scalars: names in metrics.jsonl, each with the name that a reader sees.
      bounds: fixed ends of the vertical axis, or None to fit the values.
    """

    title: str
    phase: str
    scalars: Mapping[str, str]
    bounds: tuple[float, float] | None = None


PANELS = (
    Panel(
        "Recognisers: losses",
        "recognisers",
        {"image_loss": "picture", "sound_loss": "sound", "pair_loss": "pair"},
    ),
    Panel(
        "Recognisers: accuracy",
        "recognisers",
        {"image_accuracy": "picture", "sound_accuracy": "sound"},
        bounds=(0.0, 1.0),
    ),
    Panel(
        "Autoencoders: distance to the input",
        "autoencoders",
        {"image_reconstruction": "picture", "sound_reconstruction": "sound"},
    ),
    Panel("GAN: losses", "gan", {"d_loss": "discriminator", "g_loss": "generator"}),
    Panel(
        "GAN: logits of the discriminator",
        "gan",
        {"real_logit": "real", "fake_logit": "fake", "mismatched_logit": "mismatched"},
    ),
    Panel("GAN: distance to the real target", "gan", {"reconstruction": "training"}),
    Panel("GAN: what z says of the target, nats", "gan", {"divergence": "training"}),
    Panel(
        "GAN: what its own recogniser misses",
        "gan",
        {"classification": "the class", "pair": "the source"},
    ),
    Panel(
        "GAN: accuracy of what is generated",
        "gan",
        {"validation_accuracy": "validation"},
        bounds=(0.0, 1.0),
    ),
    Panel(
        "GAN: diversity within classes, real is 1",
        "gan",
        {"validation_diversity": "validation"},
    ),
)

# Colours that the page replaces by its own, for a light and a dark screen.
_PAGE_COLOURS = {
    "#010101": "var(--ink-soft)",
    "#020202": "var(--line)",
    "#030303": "var(--curve-1)",
    "#040404": "var(--curve-2)",
    "#050505": "var(--curve-3)",
}
_TEXT, _GRID, *_CURVES = _PAGE_COLOURS
_STYLE = {
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "font.size": 9,
    "grid.color": _GRID,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cmgan_jax",
    "text.color": _TEXT,
    "xtick.color": _GRID,
    "xtick.labelcolor": _TEXT,
    "ytick.color": _GRID,
    "ytick.labelcolor": _TEXT,
}


def learning_curves(metrics: Sequence[Mapping[str, object]]) -> list[tuple[str, str]]:
    """Draws every panel for which values were recorded.

    Args:
      metrics: lines of metrics.jsonl, each with "phase", "step" and scalars.

    Returns:
      The title and the inline SVG of each drawing, in the order of training.
    """
    drawings = []
    for panel in PANELS:
        lines = _recorded(panel, metrics)
        if lines:
            drawings.append((panel.title, _draw(panel, lines)))
    return drawings


def _recorded(
    panel: Panel, metrics: Sequence[Mapping[str, object]]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Steps and values of each scalar of a panel that occurs at all."""
    lines = {}
    for name, label in panel.scalars.items():
        points = [
            (line["step"], line[name])
            for line in metrics
            if line["phase"] == panel.phase and name in line
        ]
        if points:
            steps, values = np.array(points, float).T
            lines[label] = steps, values
    return lines


def _draw(panel: Panel, lines: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots()
        for (label, (steps, values)), colour in zip(
            lines.items(), _CURVES, strict=False
        ):
            smooth = _smoothed(values)
            if smooth is not values:
                axes.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
            marker = "o" if len(steps) == 1 else None
            axes.plot(
                steps, smooth, color=colour, linewidth=1.8, label=label, marker=marker
            )
        axes.set_xlabel("step")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        if panel.bounds:
            low, high = panel.bounds
            margin = 0.03 * (high - low)
            axes.set_ylim(low - margin, high + margin)
        figure.legend(loc="outside upper left", ncols=len(lines))
        return _inline_svg(figure, panel.title)


def _smoothed(values: np.ndarray) -> np.ndarray:
    """Centred running mean over a twentieth of the points, fewer at the ends."""
    if len(values) < SMOOTHED_FROM:
        return values
    middle = np.arange(len(values))
    reach = np.minimum(len(values) // 40, np.minimum(middle, middle[::-1]))
    total = np.concatenate([[0.0], np.cumsum(values)])
    return (total[middle + reach + 1] - total[middle - reach]) / (2 * reach + 1)


def _inline_svg(figure: Figure, title: str) -> str:
    """SVG without prologue, whose colours are the page's and whose ids are its own."""
    file = io.StringIO()
    unnamed = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format="svg", transparent=True, metadata=unnamed)
    text = file.getvalue()
    svg = text[text.index("<svg") :]
    for placeholder, colour in _PAGE_COLOURS.items():
        svg = svg.replace(placeholder, colour)
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
