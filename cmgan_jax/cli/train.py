"""Trains one system, phase by phase: recognisers first, then what generates.

    python -m cmgan_jax train --config=sa_cmgan:s2i --data=data/pocket_orchestra \\
        --workdir=runs/s2i --config.gan.steps=2000

--config names a configuration of the package, or a file of yours, and the direction.
configs/base.py explains every field. A run that was stopped goes on from its last
checkpoint when the same command is given again; a finished one does nothing.
"""

from pathlib import Path

from absl import flags
from ml_collections import config_flags

from cmgan_jax.cli import processes
from cmgan_jax.configs import locate
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.validation import make_sample
from cmgan_jax.runs.train_run import train_run

CONFIG = config_flags.DEFINE_config_file(
    "config", locate("sa_cmgan:s2i"), "System and direction, as NAME:DIRECTION."
)
DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of the run: checkpoints, metrics, samples.", required=True
)
RECOGNISERS_FROM = flags.DEFINE_string(
    "recognisers_from",
    None,
    "Workdir of another run, of the other direction say, with the same data, seed and "
    "settings: takes over its finished recognisers instead of training them again.",
)
UNTIL = flags.DEFINE_string(
    "until",
    None,
    "Phase to end with, such as recognisers, which other runs can take over then. The "
    "same command without it goes on.",
)
flags.adopt_module_key_flags(processes)
HELP = {
    "What goes in": (CONFIG, DATA, RECOGNISERS_FROM),
    "What comes out": (WORKDIR, UNTIL),
    **processes.HELP,
}


def main() -> None:
    """Trains, or continues, or finds that nothing is left to do."""
    processes.start()
    config, workdir = CONFIG.value.to_dict(), Path(WORKDIR.value)
    prepared = open_prepared(DATA.value)
    other = RECOGNISERS_FROM.value
    train_run(
        config,
        prepared,
        workdir,
        make_sample=make_sample,
        recognisers_from=Path(other) if other else None,
        until=UNTIL.value,
    )
    far = f" until {UNTIL.value}" if UNTIL.value else ""
    print(f"{workdir}: {config['name']} {config['direction']} is trained{far}.")
