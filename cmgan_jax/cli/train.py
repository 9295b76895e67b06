"""Trains one system in one direction: the classifier phase, then the GAN phase.

    python -m cmgan_jax train --config=configs/sa_cmgan.py:s2i \
        --data=data/pocket_orchestra --workdir=runs/s2i --config.gan.steps=2000

configs/base.py explains every field. A run that was stopped goes on from its last
checkpoint when the same command is given again; a finished one does nothing.
"""

import dataclasses
import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from cmgan_jax.data.feeds import open_feeds
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs import phases
from cmgan_jax.runs.record import (
    new_record,
    read_record,
    require_continuable,
    write_record,
)
from cmgan_jax.runtime import devices
from cmgan_jax.systems import sa_cmgan as systems
from cmgan_jax.training.loop import Interrupted

CONFIG = config_flags.DEFINE_config_file(
    "config", "configs/sa_cmgan.py:s2i", "System and direction, as FILE:DIRECTION."
)
DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of the run: checkpoints, metrics, samples.", required=True
)


def main() -> None:
    """Trains, or continues, or finds that nothing is left to do."""
    config, workdir = CONFIG.value, Path(WORKDIR.value)
    prepared = open_prepared(DATA.value)
    record = new_record(config.to_dict(), prepared)
    system = systems.assemble(config, record.task)
    mesh = devices.data_mesh()
    for phase in ("classifier", "gan"):
        field = f"{phase}.batch_size"
        devices.require_divisible(config[phase].batch_size, mesh, field=field)
    if (workdir / "config.json").exists():
        started = read_record(workdir)
        require_continuable(started, record, workdir)
        record = dataclasses.replace(record, versions=started.versions)
    write_record(workdir, record)
    if not record.task.stem_aligned and config.gan.reconstruction_weight:
        print("Class-aligned data has no one right target: no reconstruction loss.")

    feeds = open_feeds(
        config.run.reader,
        prepared.split("train"),
        direction=config.direction,
        pairing=prepared.pairing,
        mesh=mesh,
    )
    common = {"workdir": workdir, "feeds": feeds, "mesh": mesh}
    try:
        recogniser = phases.run_classifier(config, system, modality="source", **common)
        target_recogniser = None
        if config.classifier.target_too or config.gan.classification_weight:
            target_recogniser = phases.run_classifier(
                config, system, modality="target", **common
            )
        phases.run_gan(
            config,
            system,
            recogniser=recogniser,
            target_recogniser=(
                target_recogniser if config.gan.classification_weight else None
            ),
            sample=make_sample(config, system.gan, prepared, workdir),
            **common,
        )
    except Interrupted as stopped:
        sys.exit(f"{stopped} Give the same command again to go on.")
    print(f"{workdir}: {config.direction} trained for {config.gan.steps:,} steps.")
