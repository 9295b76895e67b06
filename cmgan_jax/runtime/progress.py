"""A line now and then that says how far a long task is and when it will end."""

import sys
import time


def duration(seconds: float) -> str:
    """Seconds as people write them: 42 s, 3 min 10 s, 2 h 05 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


class Progress:
    """Reports of one task on standard error: after a second, then every few seconds.

    Attributes:
      silent: nothing is printed; another process of the same run does.
    """

    silent = False

    def __init__(
        self, task: str, total: int, *, unit: str, done: int = 0, every: float = 5.0
    ):
        """Starts the clock.

        Args:
          task: what is being done.
          total: units in the whole task.
          unit: what is counted, such as "steps".
          done: units finished before, by an earlier run.
          every: seconds between lines, but for the first one.
        """
        self._task, self._total, self._unit = task, total, unit
        self._first = self._done = done
        self._every = every
        self._start = time.monotonic()
        self._due = self._start + min(1.0, every)

    def update(self, done: int, note: str = "") -> None:
        """Says how many units are finished; prints if it is time to."""
        self._done = done
        now = time.monotonic()
        if self.silent or (now < self._due and done < self._total):
            return
        self._due = now + self._every
        elapsed = now - self._start
        rate = (done - self._first) / max(elapsed, 1e-9)
        parts = [f"{self._task}: {done:,}/{self._total:,} {self._unit}"]
        if done > self._first:
            parts.append(f"{rate:,.1f} {self._unit}/s")
        if done < self._total and rate > 0:
            parts.append(f"{duration((self._total - done) / rate)} left")
        else:
            parts.append(f"{duration(elapsed)} taken")
        print("  ".join([*parts, note]).rstrip(), file=sys.stderr, flush=True)
