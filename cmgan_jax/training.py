"""The one training loop: it knows states, batches, steps, and nothing of networks."""

import collections
import dataclasses
import itertools
import math
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from cmgan_jax import sharding
from cmgan_jax.progress import Progress

Batch = Mapping[str, Any]
Scalars = dict[str, float]
AHEAD = 2  # batches on their way to the devices while a step runs


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
class Schedule:
    """How long a phase lasts and what happens how often, in steps."""

    steps: int
    log_every: int
    sample_every: int
    checkpoint_every: int

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
    step: Callable[[Any, Batch], tuple[Any, Mapping[str, jax.Array]]],
    state: Any,
    batches: Iterator[Batch],
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
      batches: batches of host arrays, the first one for the state's next step.
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
    first = int(state.step) + 1
    update = jax.jit(step, donate_argnums=0, out_shardings=sharding.replicated(mesh))
    progress = Progress(phase, schedule.steps, unit="steps", done=first - 1)
    recent: list[Mapping[str, jax.Array]] = []
    with _StopRequest() as stop:
        feed = _feed(itertools.islice(batches, schedule.steps - first + 1), mesh)
        for number, batch in zip(range(first, schedule.steps + 1), feed, strict=True):
            state, metrics = update(state, batch)
            recent.append(metrics)
            # Asked once: a signal from here on is obeyed after the next step.
            stopping = stop.requested
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
            if stopping and number < schedule.steps:
                raise Interrupted(f"stopped after step {number} of {phase}; saved.")
    return state


def _feed(batches: Iterator[Batch], mesh: Mesh) -> Iterator[Batch]:
    waiting = collections.deque()
    for batch in batches:
        waiting.append(sharding.to_devices(batch, mesh))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def _mean_scalars(recent: list[Mapping[str, jax.Array]], last: int) -> Scalars:
    rows = jax.device_get(recent)
    for number, row in enumerate(rows, start=last - len(rows) + 1):
        bad = {name: float(x) for name, x in row.items() if not math.isfinite(x)}
        if bad:
            raise NonFiniteError(number, str(bad))
    return {name: float(sum(row[name] for row in rows) / len(rows)) for name in rows[0]}


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
    ours would switch that off.
    """

    def __init__(self):
        self.requested = False
        self._previous = {}

    def __enter__(self):
        main = threading.current_thread() is threading.main_thread()
        if main and jax.process_count() == 1:
            for number in (signal.SIGTERM, signal.SIGINT):
                self._previous[number] = signal.signal(number, self._request)
        return self

    def _request(self, number, frame):
        self.requested = True
        signal.signal(number, self._previous[number])

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)
