"""The loop: what is called when, and how a run ends early without harm."""

import itertools
import os
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from cmgan_jax.runtime import devices
from cmgan_jax.training.dispatch import Feed
from cmgan_jax.training.loop import Hooks, Interrupted, NonFiniteError, Schedule, fit


class Counter(struct.PyTreeNode):
    """A state that adds up what it is fed."""

    step: jax.Array
    total: jax.Array


def add(state, batch):
    loss = batch["x"].mean()
    total = state.total + loss + batch.get("hidden", jnp.zeros(1)).mean()
    return Counter(step=state.step + 1, total=total), {"loss": loss}


def start(step: int = 0) -> Counter:
    return Counter(step=jnp.int32(step), total=jnp.float32(0.0))


def numbered(first: int = 1, **special):
    """Batches whose mean is their step's number, endless."""
    for number in itertools.count(first):
        value = special.get(f"step{number}", float(number))
        yield {"x": np.full((4, 2), value, np.float32)}


class Recorder:
    """Hooks that remember their calls."""

    def __init__(self, *, at_sample=lambda number: None):
        self.logged, self.sampled, self.saved = {}, [], {}
        self._at_sample = at_sample

    @property
    def hooks(self) -> Hooks:
        return Hooks(log=self.logged.__setitem__, sample=self._sample, save=self._save)

    def _sample(self, number, state):
        self.sampled.append(number)
        self._at_sample(number)
        return {"validation": 0.5}

    def _save(self, number, state):
        assert int(state.step) == number
        self.saved[number] = float(state.total)


def run(recorder, batches, *, state=None, schedule=None):
    return fit(
        "test",
        add,
        state or start(),
        Feed(batches),
        mesh=devices.data_mesh(),
        schedule=schedule
        or Schedule(steps=10, log_every=2, sample_every=5, checkpoint_every=4),
        hooks=recorder.hooks,
    )


def test_everything_happens_when_it_is_due(capsys):
    recorder = Recorder()
    state = run(recorder, numbered())
    assert int(state.step) == 10 and float(state.total) == sum(range(1, 11))
    assert list(recorder.logged) == [2, 4, 5, 6, 8, 10]
    assert recorder.sampled == [5, 10]
    assert recorder.saved == {4: 10.0, 8: 36.0, 10: 55.0}
    # Means since the last line.
    assert recorder.logged[2] == {"loss": 1.5}
    assert recorder.logged[5] == {"loss": 5.0, "validation": 0.5}
    assert recorder.logged[8] == {"loss": 7.5}
    assert "test: 10/10 steps" in capsys.readouterr().err


def test_it_goes_on_where_the_state_stands_and_takes_no_batch_too_many():
    recorder, source = Recorder(), numbered(first=7)
    run(recorder, source, state=start(6))
    assert list(recorder.logged) == [8, 10]
    assert recorder.saved == {8: 15.0, 10: 34.0}
    assert next(source)["x"][0, 0] == 11.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_bad_number_is_skipped_and_counted(bad):
    recorder = Recorder()
    state = run(recorder, numbered(step3=bad, step9=bad))
    assert int(state.step) == 10 and float(state.total) == sum(range(1, 11)) - 3 - 9
    assert recorder.logged[4] == {"loss": 4.0, "skipped": 1.0}
    assert recorder.logged[6] == {"loss": 6.0}  # since step 5, which looked at samples
    assert recorder.logged[10] == {"loss": 10.0, "skipped": 1.0, "validation": 0.5}
    assert recorder.saved == {4: 7.0, 8: 33.0, 10: 43.0}


def test_an_interval_of_bad_numbers_has_no_means():
    recorder = Recorder()
    run(recorder, numbered(step3=np.nan, step4=np.nan))
    assert recorder.logged[4] == {"skipped": 2.0}


@pytest.mark.parametrize("per_call", [1, 2])
def test_bad_numbers_in_a_row_end_the_run_unsaved(per_call):
    schedule = Schedule(
        steps=40, log_every=6, sample_every=40, checkpoint_every=4, per_call=per_call
    )
    rows = {f"step{n}": np.nan for n in (2, *range(8, 40))}
    with pytest.raises(
        NonFiniteError, match=r"^steps 8 to 17 computed NaN or infinity \(\{'loss': nan"
    ):
        run(recorder := Recorder(), numbered(**rows), schedule=schedule)
    # Sixteen is a step of the last good weights, saved before there were ten.
    total = float(sum(range(1, 8)) - 2)
    assert recorder.saved == {4: 8.0, 8: total, 12: total, 16: total}


def test_bad_numbers_all_along_end_a_short_run_too():
    schedule = Schedule(steps=3, log_every=1, sample_every=3, checkpoint_every=3)
    bad = {f"step{n}": np.nan for n in (1, 2, 3)}
    with pytest.raises(NonFiniteError, match=r"^steps 1 to 3 computed NaN"):
        run(recorder := Recorder(), numbered(**bad), schedule=schedule)
    assert not recorder.saved


def test_several_steps_in_a_call_end_where_something_is_due():
    recorder = Recorder()
    schedule = Schedule(
        steps=9, log_every=2, sample_every=4, checkpoint_every=4, per_call=2
    )
    state = run(recorder, numbered(), schedule=schedule)
    assert int(state.step) == 9 and float(state.total) == sum(range(1, 10))
    assert list(recorder.logged) == [2, 4, 6, 8, 9]
    assert recorder.logged[4]["loss"] == 3.5
    assert recorder.sampled == [4, 8, 9]
    assert recorder.saved == {4: 10.0, 8: 36.0, 9: 45.0}


def test_a_bad_number_inside_a_call_skips_its_step_alone():
    schedule = Schedule(
        steps=8, log_every=4, sample_every=4, checkpoint_every=4, per_call=4
    )
    recorder = Recorder()
    run(recorder, numbered(step6=np.nan), schedule=schedule)
    assert recorder.saved == {4: 10.0, 8: 30.0}
    assert recorder.logged[8]["skipped"] == 1.0


def test_bad_parameters_behind_a_good_loss_are_skipped():
    def batches():
        for number, batch in enumerate(numbered(), start=1):
            hidden = np.full(4, np.nan if number == 8 else 0.0, np.float32)
            yield batch | {"hidden": hidden}

    recorder = Recorder()
    run(recorder, batches())
    assert recorder.saved == {4: 10.0, 8: 28.0, 10: 47.0}
    assert recorder.logged[8] == {"loss": 7.0, "skipped": 1.0}


@pytest.fixture
def handled():
    """(signal, handler): how this process takes a signal until the test is over."""
    before = {}

    def set_handler(number, handler):
        before.setdefault(number, signal.signal(number, handler))

    yield set_handler
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_stops(number, handled):
    recorder = Recorder()
    handled(number, signal.SIG_DFL)

    def batches():
        for count, batch in enumerate(numbered(), start=1):
            if count == 6:  # read ahead while step 3 or 4 runs
                os.kill(os.getpid(), number)
            yield batch

    with pytest.raises(Interrupted, match=r"stopped after step \d of test; saved"):
        run(recorder, batches())
    last = max(recorder.saved)
    assert 3 <= last <= 6 and recorder.saved[last] == sum(range(1, last + 1))
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so(handled):
    # In the background of a script SIGINT is.
    handled(signal.SIGINT, signal.SIG_IGN)
    recorder = Recorder(at_sample=lambda _: os.kill(os.getpid(), signal.SIGINT))
    run(recorder, numbered())
    assert max(recorder.saved) == 10
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_signal_while_sampling_still_saves_before_stopping():
    recorder = Recorder(at_sample=lambda _: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Interrupted, match="stopped after step 6"):
        run(recorder, numbered())
    assert recorder.saved == {4: 10.0, 6: 21.0}


@pytest.mark.parametrize("per_call", [1, 2])
def test_a_signal_at_the_last_step_saves_it_and_is_not_swallowed(per_call):
    """Else the next phase of the run would start as if nobody had asked to stop."""
    recorder = Recorder(
        at_sample=lambda step: step == 10 and os.kill(os.getpid(), signal.SIGTERM)
    )
    schedule = Schedule(
        steps=10, log_every=2, sample_every=4, checkpoint_every=4, per_call=per_call
    )
    with pytest.raises(Interrupted, match="stopped after step 10 of test; saved"):
        run(recorder, numbered(), schedule=schedule)
    assert recorder.saved == {4: 10.0, 8: 36.0, 10: 55.0}


def test_a_batch_that_devices_cannot_share_is_refused_by_phase():
    mesh = devices.data_mesh()
    devices.require_divisible(8, mesh, phase="gan")
    with pytest.raises(ValueError, match=r"'gan': .* 6 .* 4 devices; use 4 or 8"):
        devices.require_divisible(6, mesh, phase="gan")
    with pytest.raises(ValueError, match="use 4"):
        devices.require_divisible(3, mesh, phase="gan")
