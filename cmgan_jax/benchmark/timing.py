"""Repeated measurements and their spread."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Spread:
    """What repeated measurements of one quantity gave.

    Attributes:
      median: of all values.
      min: the smallest.
      max: the largest.
      repeats: how many values.
    """

    median: float
    min: float
    max: float
    repeats: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The spread of one or more values."""
        values = sorted(values)
        return cls(statistics.median(values), values[0], values[-1], len(values))

    def inverse(self, amount: float | int = 1) -> "Spread":
        """`amount` divided by every value: seconds become amounts per second."""
        return Spread(
            amount / self.median, amount / self.max, amount / self.min, self.repeats
        )


def seconds(function: Callable[[], Any]) -> float:
    """Wall time of one call, which must wait for its own results."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def repeat(function: Callable[[], Any], *, repeats: int, warm_up: int = 1) -> Spread:
    """Wall time of a call, in seconds, after calls that are not counted."""
    for _ in range(warm_up):
        function()
    return Spread.of(seconds(function) for _ in range(repeats))
