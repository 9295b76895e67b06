"""What is asked for when files are turned into files."""

import dataclasses
from pathlib import Path

from cmgan_jax.generation.pieces import PieceSettings

WINDOW_HOP_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Request:
    """How to generate.

    Attributes:
      output: folder for the results.
      seed: of the noise; sample i of a source is sample 0 of seed + i.
      samples: results per source.
      whole: whether a recording becomes one film and not a picture for every window;
        None: one that is two windows long, or longer.
      hop_seconds: time between windows; None: WINDOW_HOP_SECONDS between those that
        become single results, and in a piece what PieceSettings say.
      drift_seconds: see PieceSettings.
      frames_per_second: takes a folder for one film, whose frames its files are.
      overwrite: whether results may replace files that are there.
    """

    output: Path
    seed: int = 0
    samples: int = 1
    whole: bool | None = None
    hop_seconds: float | None = None
    drift_seconds: float = PieceSettings.drift_seconds
    frames_per_second: float | None = None
    overwrite: bool = False

    @property
    def window_hop(self) -> float:
        """Seconds between windows that become single results."""
        return self.hop_seconds or WINDOW_HOP_SECONDS

    def piece(self, sample: int) -> PieceSettings:
        """How a sample of a whole recording or film is made."""
        return PieceSettings(
            seed=self.seed + sample,
            film_hop=self.hop_seconds or PieceSettings.film_hop,
            sound_hop=self.hop_seconds or PieceSettings.sound_hop,
            drift_seconds=self.drift_seconds,
        )
