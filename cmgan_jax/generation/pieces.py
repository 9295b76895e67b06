"""What a piece is: a whole recording or film, made of windows that overlap."""

import dataclasses

import numpy as np
from jaxtyping import Float, Float32


@dataclasses.dataclass(frozen=True)
class PieceSettings:
    """How a piece is made of windows.

    Attributes:
      seed: of the noise.
      film_hop: seconds between the windows of sound whose pictures make a film.
      sound_hop: seconds between the pictures whose windows of sound are joined; longer,
        as joining smears what windows hold.
      drift_seconds: in which noise goes from one random point to the next; 0 keeps one
        z for the whole piece.
    """

    seed: int = 0
    film_hop: float = 0.1
    sound_hop: float = 0.4
    drift_seconds: float = 0.0

    def noise_at(
        self, seconds: Float[np.ndarray, " n"], size: int
    ) -> Float32[np.ndarray, "n m"]:
        """The noise of windows: points on a path without corners.

        It stays on the sphere that two random points are on, so that all of it is as
        likely as any noise.

        Args:
          seconds: since the piece began, 0 or more.
          size: numbers in the noise of a source.

        Returns:
          Standard normal, float32 [n m].
        """
        drift = self.drift_seconds
        place = seconds / drift if drift else np.zeros_like(seconds)
        first = np.floor(place).astype(np.int64)
        share = place - first
        # The path leaves its points and reaches them slowly.
        angle = (np.pi / 2 * (3 - 2 * share) * share**2)[:, np.newaxis]
        start, end = (self._points(some, size) for some in (first, first + 1))
        return (np.cos(angle) * start + np.sin(angle) * end).astype(np.float32)

    def _points(self, numbers: np.ndarray, size: int) -> np.ndarray:
        """Random points by their numbers on the path, [n m]."""
        different, which = np.unique(numbers, return_inverse=True)
        draws = (np.random.default_rng([self.seed % 2**64, k]) for k in different)
        return np.stack([draw.standard_normal(size) for draw in draws])[which]
