"""The one training loop: it knows states, batches, steps, and nothing of networks."""

import dataclasses
import math
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from cmgan_jax.runtime import processes
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.training.dispatch import (
    Feed,
    Step,
    calls,
    compiled_together,
    make_update,
    stacked_items,
)

Scalars = dict[str, float]


class NonFiniteError(ValueError):
    """A step computed NaN or infinity."""

    def __init__(self, step: int, what: str):
        super().__init__(
            f"step {step} computed {what}. The last checkpoint is intact: lower the "
            "learning rates or use float32, then start the run again."
        )


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
      log: writes mean scalars since the last call.
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
      NonFiniteError: names the first step whose scalars or, at a save, parameters
        are not finite; nothing computed since is saved.
      Interrupted: SIGTERM or SIGINT arrived; the state is saved.
    """
    done = int(state.step)
    update = compiled_together(make_update(step, feed, mesh))
    progress = Progress(phase, schedule.steps, unit="steps", done=done)
    ends = calls(done, schedule.steps, schedule.per_call)
    counts = [end - start for start, end in zip([done, *ends], ends, strict=False)]
    recent: list[Mapping[str, jax.Array]] = []
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
                scalars = _mean_scalars(recent, number)
                recent.clear()
                if sample:
                    scalars |= hooks.sample(number, state)
                hooks.log(number, scalars)
                progress.update(number, _brief(scalars))
            if save:
                _require_finite(state, number)
                hooks.save(number, state)
            if stopping or (stop.requested and number == schedule.steps):
                raise Interrupted(f"stopped after step {number} of {phase}; saved.")
    return state


def _mean_scalars(recent: list[Mapping[str, jax.Array]], last: int) -> Scalars:
    """Means over all steps of several calls, the last of them `last`."""
    rows = jax.device_get(recent)
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    finite = np.all([np.isfinite(column) for column in columns.values()], axis=0)
    if not finite.all():
        first = int(np.argmin(finite))
        scalars = {name: float(column[first]) for name, column in columns.items()}
        bad = {name: x for name, x in scalars.items() if not math.isfinite(x)}
        raise NonFiniteError(last - len(finite) + 1 + first, str(bad))
    return {name: float(column.mean()) for name, column in columns.items()}


def _require_finite(state: Any, step: int) -> None:
    # A gradient can be NaN where the loss is not: only the state shows it yet.
    if not _is_finite(state):
        raise NonFiniteError(step, "parameters that are NaN or infinite")


@jax.jit
def _is_finite(state: Any) -> jax.Array:
    leaves = jax.tree.leaves(state)
    floats = [x for x in leaves if jnp.issubdtype(x.dtype, jnp.floating)]
    return jnp.array([jnp.isfinite(x).all() for x in floats]).all()


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
            for number in (signal.SIGTERM, signal.SIGINT):
                self._previous[number] = signal.signal(number, self._request)
        return self

    def _request(self, number, frame):
        self.requested = True
        signal.signal(number, self._previous[number])

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
