"""A run from its configuration to its last step, or on from where it stopped."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.data.verification import BackgroundVerification
from cmgan_jax.runs.adoption import adopted
from cmgan_jax.runs.checkpoint_folders import steps_saved
from cmgan_jax.runs.phases import no_sample, run_phase
from cmgan_jax.runs.record import (
    RECORD_FILE,
    RunRecord,
    continued,
    differences,
    new_record,
    read_record,
    write_record,
)
from cmgan_jax.runtime import devices, processes
from cmgan_jax.runtime.outputs import require_own_or_empty
from cmgan_jax.systems.interface import Finished, Phase, System
from cmgan_jax.systems.ranges import RATES
from cmgan_jax.systems.registry import assemble
from cmgan_jax.training.loop import Intervals, NonFiniteError, Scalars

# (system, record, prepared data, workdir) -> what looks at the variables that generate:
# (step, inference variables of phases by name, alternative) -> scalars to log.
MakeSample = Callable[
    [System, RunRecord, PreparedData, Path], Callable[[int, Finished, str], Scalars]
]


def train_run(
    config: Mapping[str, Any],
    prepared: PreparedData,
    workdir: Path,
    *,
    make_sample: MakeSample | None = None,
    recognisers_from: Path | None = None,
    until: str | None = None,
) -> Finished:
    """Trains all phases of a system; what is done already is restored.

    Args:
      config: every field of the configuration.
      prepared: the data set; its split "train" is trained on.
      workdir: of the run; made if it is not there.
      make_sample: looks at what is generated while the last of the phases that
        generate trains.
      recognisers_from: workdir of a run of the other direction, whose phases that serve
        both are taken over; None trains them.
      until: name of the phase to end with; None trains all.

    Returns:
      Inference variables of these phases by name.

    Raises:
      ValueError: the configuration is no good, or not the one the run was started
        with, or not that of the other processes, or the folder holds something else
        than a run; or the system has no phase that is called as `until` says.
      HeldError: another process trains there.
      NonFiniteError: step after step computed NaN or infinity; says what helps.
      DamagedDataError: an array is not as it was prepared; nothing since is saved.
      Interrupted: the run was asked to stop and has saved its state.
    """
    record = new_record(config, prepared)
    _require_same_in_all(record)
    system = assemble(record.settings, record.task)
    phases = _up_to(until, system)
    mesh = devices.data_mesh()
    for phase in system.phases:
        devices.require_divisible(phase.batch_size, mesh, phase=phase.name)
    processes.by_first(lambda: _require_run_or_empty(workdir))
    with processes.hold_for_all(workdir, "train"):
        begun = processes.by_first(lambda: _begin_or_continue(record, system, workdir))
        record = dataclasses.replace(
            record, versions=begun["versions"], changes=tuple(begun["changes"])
        )
        taken = {}
        if recognisers_from is not None:
            names = processes.by_first(
                lambda: sorted(adopted(workdir, record, system, recognisers_from))
            )
            taken = dict.fromkeys(names, recognisers_from)
        look = make_sample and make_sample(system, record, prepared, workdir)
        return _run_phases(phases, system, record, prepared, workdir, look, mesh, taken)


def _up_to(until: str | None, system: System) -> tuple[Phase, ...]:
    names = [phase.name for phase in system.phases]
    if until is None:
        return system.phases
    if until not in names:
        raise ValueError(
            f"--until={until}: this system has no such phase; it has "
            f"{', '.join(names)}."
        )
    return system.phases[: names.index(until) + 1]


def _require_same_in_all(record: RunRecord) -> None:
    """Refuses processes of one run that were not given the same.

    Raises:
      ValueError: names every field that differs, with both values.
    """
    own = json.loads(json.dumps(record.to_json()))
    different = differences(processes.by_first(lambda: own), own)
    if different:
        raise ValueError(
            f"this process differs from process 0 ({'; '.join(different)}): give all "
            "processes the same command, data and software."
        )


def _require_run_or_empty(workdir: Path) -> None:
    require_own_or_empty(
        workdir,
        lambda folder: (folder / RECORD_FILE).exists(),
        folder_is="--workdir",
        expected="a run",
    )


def _begin_or_continue(
    record: RunRecord, system: System, workdir: Path
) -> dict[str, Any]:
    """The record of the run as JSON, which is written unless it says so already."""
    if (workdir / RECORD_FILE).exists():
        started, done = read_record(workdir), _done(system, workdir)
        record = continued(started, record, workdir, after=done)
        _require_unused(started, record, workdir, done)
        # A finished run may be somebody else's, to look at only.
        if record == started:
            return record.to_json()
    write_record(workdir, record)
    return record.to_json()


def _require_unused(
    old: RunRecord, new: RunRecord, workdir: Path, done: Mapping[str, int]
) -> None:
    """Refuses to train a phase on that later ones have learnt from.

    Raises:
      ValueError: says what to do.
    """
    before, after = (r.settings.classifier.steps for r in (old, new))
    later = [name for name, steps in [*done.items()][1:] if steps]
    if after > before and later:
        raise ValueError(
            f"config.classifier.steps={after}: {later[0]} of {workdir} has learnt from "
            f"what {before} steps left. Give --config.classifier.steps={before}, or "
            "another --workdir."
        )


def _done(system: System, workdir: Path) -> dict[str, int]:
    """Steps that each phase has saved."""
    return {phase.name: steps_saved(workdir, phase.name) for phase in system.phases}


def _run_phases(
    phases, system, record, prepared, workdir, look, mesh, taken
) -> Finished:
    run = record.settings.run
    feeds = open_feeds(
        run.reader, prepared.split("train"), pairing=prepared.pairing, mesh=mesh
    )
    finished: dict[str, Any] = {}
    with BackgroundVerification(prepared.path) as arrays:
        for phase in phases:

            def sample(step, variables, alternative, name=phase.name):
                before = devices.here(finished)
                return look(step, {**before, name: variables}, alternative)

            looked_at = bool(look) and phase.name == _last(system)
            with _mending_named(phase.name, workdir):
                finished[phase.name] = run_phase(
                    phase,
                    finished=finished,
                    workdir=workdir,
                    feeds=feeds,
                    intervals=_intervals(run),
                    keep=run.keep_checkpoints,
                    mesh=mesh,
                    sample=sample if looked_at else no_sample,
                    choose=looked_at and run.choose_on_validation,
                    check=arrays.require_whole,
                    taken_from=taken.get(phase.name),
                )
    return finished


@contextlib.contextmanager
def _mending_named(phase: str, workdir: Path) -> Iterator[None]:
    """Says of a run that computed NaN or infinity what helps."""
    try:
        yield
    except NonFiniteError as error:
        rates = ", ".join(
            f"--config.{section}.{name}"
            for section, names in RATES.items()
            for name in names
        )
        step = steps_saved(workdir, phase)
        start = f"goes on from its checkpoint of step {step}" if step else "begins anew"
        raise NonFiniteError(
            f"phase {phase!r} of {workdir}: {error} Start it again with lower learning "
            f"rates ({rates}) and the same --workdir: the phase {start}."
        ) from error


def _last(system: System) -> str | None:
    """The phase after which everything that generates is trained."""
    names = [p.name for p in system.phases if p.name in system.generating]
    return names[-1] if names else None


def _intervals(run: Any) -> Intervals:
    return Intervals(
        log_every=run.log_every,
        sample_every=run.sample_every,
        checkpoint_every=run.checkpoint_every,
        per_call=run.steps_per_call,
    )
