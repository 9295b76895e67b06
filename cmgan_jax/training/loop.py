"""The one training loop: it knows states, batches, steps, and nothing of networks."""

import dataclasses
import math
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from cmgan_jax.runtime import processes
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.runtime.stopping import on_signals
from cmgan_jax.training.dispatch import (
    SKIPPED,
    Feed,
    Step,
    calls,
    compiled_together,
    make_update,
    stacked_items,
)

Scalars = dict[str, float]


# Steps in a row that may be skipped because they computed NaN or infinity.
MOST_SKIPPED = 10


class NonFiniteError(ValueError):
    """Step after step computed NaN or infinity."""


class Interrupted(Exception):
    """The run was asked to stop and has saved its state."""


@dataclasses.dataclass(frozen=True)
class Intervals:
    """What happens how often, in steps.

    What happens after a step can only happen where a call of the devices ends:
    `per_call` divides the other intervals.
    """

    log_every: int
    sample_every: int
    checkpoint_every: int
    per_call: int = 1

    def until(self, steps: int) -> "Schedule":
        """The schedule of a phase of so many steps."""
        return Schedule(steps=steps, **dataclasses.asdict(self))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schedule(Intervals):
    """How long a phase lasts and what happens how often, in steps."""

    steps: int

    def due(self, step: int, every: int) -> bool:
        """Whether something done every n steps is due after this step."""
        return step % every == 0 or step == self.steps


@dataclasses.dataclass(frozen=True)
class Hooks:
    """What the loop calls; each gets the step just finished.

    Attributes:
      log: writes mean scalars since the last call, without the steps skipped, which
        are counted beside them as "skipped".
      sample: looks at the state and gives scalars to log, if any.
      save: saves the state.
    """

    log: Callable[[int, Scalars], None]
    sample: Callable[[int, Any], Scalars]
    save: Callable[[int, Any], None]


def fit(
    phase: str,
    step: Step,
    state: Any,
    feed: Feed,
    *,
    mesh: Mesh,
    schedule: Schedule,
    hooks: Hooks,
) -> Any:
    """Trains until the schedule's last step.

    Args:
      phase: name for progress lines.
      step: pure update, (state, batch) -> (state, scalars as arrays).
      state: has an attribute `step`; given away to the first update.
      feed: what the steps are fed, its first item for the state's next step.
      mesh: devices that share each batch.
      schedule: how long and how often.
      hooks: what to call.

    Returns:
      The state after the last step.

    Raises:
      NonFiniteError: MOST_SKIPPED steps in a row, or all there are, computed NaN or
        infinity; names the first of them. What they computed is nowhere.
      Interrupted: SIGTERM or SIGINT arrived; the state is saved.
    """
    done = int(state.step)
    update = compiled_together(make_update(step, feed, mesh))
    progress = Progress(phase, schedule.steps, unit="steps", done=done)
    ends = calls(done, schedule.steps, schedule.per_call)
    counts = [end - start for start, end in zip([done, *ends], ends, strict=False)]
    recent: list[Mapping[str, jax.Array]] = []
    skipped = _Skipped(min(MOST_SKIPPED, schedule.steps))
    with _StopRequest() as stop:
        stacked = stacked_items(feed.items, counts, mesh)
        for number, items in zip(ends, stacked, strict=True):
            state, metrics = update(state, feed.resident, items)
            recent.append(metrics)
            # Asked once: a signal from here on is obeyed after the next step.
            stopping = stop.requested or processes.stop_agreed()
            save = schedule.due(number, schedule.checkpoint_every) or stopping
            sample = schedule.due(number, schedule.sample_every)
            if save or sample or schedule.due(number, schedule.log_every):
                scalars = skipped.means(recent, number)
                recent.clear()
                if sample:
                    scalars |= hooks.sample(number, state)
                hooks.log(number, scalars)
                progress.update(number, _brief(scalars))
            if save:
                hooks.save(number, state)
            if stopping or (stop.requested and number == schedule.steps):
                raise Interrupted(f"stopped after step {number} of {phase}; saved.")
    return state


class _Skipped:
    """Counts steps that were skipped, over all of a loop's calls."""

    def __init__(self, most: int):
        self._most = most
        self._in_a_row = 0

    def means(self, recent: list[Mapping[str, jax.Array]], last: int) -> Scalars:
        """Means over the steps of several calls, the last of them `last`.

        Raises:
          NonFiniteError: too many in a row were skipped, these the last of them.
        """
        rows = jax.device_get(recent)
        columns = {
            name: np.concatenate([row[name] for row in rows]) for name in rows[0]
        }
        skipped = columns.pop(SKIPPED)
        self._require_few(skipped, columns, last)
        if not skipped.any():
            return {name: float(column.mean()) for name, column in columns.items()}
        made = {name: column[~skipped] for name, column in columns.items()}
        means = {name: float(x.mean()) for name, x in made.items() if len(x)}
        return means | {SKIPPED: float(skipped.sum())}

    def _require_few(self, skipped, columns, last: int) -> None:
        first = last - len(skipped) + 1
        for place, bad in enumerate(skipped):
            self._in_a_row = self._in_a_row + 1 if bad else 0
            if self._in_a_row == self._most:
                number = first + place
                seen = {name: float(column[place]) for name, column in columns.items()}
                odd = {name: x for name, x in seen.items() if not math.isfinite(x)}
                raise NonFiniteError(
                    f"steps {number - self._most + 1} to {number} computed NaN or "
                    f"infinity ({odd or 'in gradients'}) and were skipped."
                )


def _brief(scalars: Scalars) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in scalars.items())


class _StopRequest:
    """Turns the first SIGTERM or SIGINT into a flag while a loop runs.

    Under several processes jax.distributed handles SIGTERM itself, and a handler of
    ours would switch that off: see `processes.stop_agreed`.
    """

    def __init__(self):
        self.requested = False
        self._previous = {}

    def __enter__(self):
        main = threading.current_thread() is threading.main_thread()
        if main and not processes.several():
            self._previous = on_signals(self._request)
        return self

    def _request(self, number, frame):
        self.requested = True
        signal.signal(number, self._previous[number])

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
