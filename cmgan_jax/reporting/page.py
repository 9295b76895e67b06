"""One page that shows what a run made and how well: no network, no other file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.evaluation.wording import cautions, diversity_text
from cmgan_jax.media.encoding import data_uri, mp3, png
from cmgan_jax.reporting.curves import learning_curves
from cmgan_jax.signals.direction import DIRECTIONS


@dataclass(frozen=True)
class Sample:
    """One picture or sound as a person meets it.

    Attributes:
      picture: the picture, or the coloured spectrogram of the sound, [h w 3].
      audio: waveform in [-1, 1] of a sound, [t]; None for a picture.
      judged: the class that each judge saw or heard in it; empty where none was asked.
    """

    picture: UInt8[np.ndarray, "h w 3"]
    audio: Float[np.ndarray, " t"] | None = None
    judged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Example:
    """One row of the page: what went in, what belongs to it, and what came out."""

    class_name: str
    source: Sample
    target: Sample
    generated: tuple[Sample, ...]


@dataclass(frozen=True)
class DirectionReport:
    """What one direction has to show.

    Attributes:
      direction: "s2i" or "i2s".
      workdir: folder of the run.
      evaluations: results of `evaluate_run`, the most important first; its classes and
        confusions are shown in full, of the others only the numbers.
      metrics: lines of metrics.jsonl.
      examples: rows to look at, one or more per class.
    """

    direction: str
    workdir: str
    evaluations: tuple[Mapping[str, Any], ...]
    metrics: tuple[Mapping[str, Any], ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    Attributes:
      dataset: name of the data set.
      directions: one or both directions.
      made: date and time, for people.
      command: that makes the page again.
      sample_rate: of every waveform, in Hz.
      configuration: resolved configuration by name, anything that JSON can hold.
      versions: version by name of package or program.
      title: heading of the page.
    """

    dataset: str
    directions: tuple[DirectionReport, ...]
    made: str
    command: str
    sample_rate: int
    configuration: Mapping[str, Any]
    versions: Mapping[str, str]
    title: str = "Pictures from sounds, sounds from pictures"


def render(report: Report) -> str:
    """Writes the report as one self-contained HTML page.

    Raises:
      ValueError: a direction is unknown, or was given without an evaluation.
    """
    for part in report.directions:
        _require_complete(part)
    pages = environment(report.sample_rate)
    pages.globals |= {
        "cautions": _all_cautions(report),
        "diversity_text": diversity_text,
        "learning_curves": learning_curves,
    }
    return pages.get_template("page.html").render(report=report)


def environment(sample_rate: int) -> jinja2.Environment:
    """What pages are written with: strict, and able to hold pictures and sounds."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals |= {
        "directions": DIRECTIONS,
        "picture": lambda pixels: data_uri("image/png", png(pixels)),
        "sound": lambda audio: data_uri("audio/mpeg", mp3(audio, sample_rate)),
    }
    pages.filters["percent"] = lambda share: f"{100.0 * share:.1f}"
    return pages


def _all_cautions(report: Report) -> list[str]:
    """What a reader must know beside the numbers, each once, with its direction."""
    found: dict[str, None] = {}
    for part in report.directions:
        title = DIRECTIONS[part.direction].title.capitalize()
        for evaluation in part.evaluations:
            found |= {f"{title}: {text}.": None for text in cautions(evaluation)}
    return list(found)


def _require_complete(part: DirectionReport) -> None:
    if part.direction not in DIRECTIONS:
        raise ValueError(
            f"direction {part.direction!r} is unknown; known: {', '.join(DIRECTIONS)}."
        )
    if not part.evaluations:
        raise ValueError(
            f"direction {part.direction} has no evaluation to report: evaluate its "
            "workdir first."
        )
