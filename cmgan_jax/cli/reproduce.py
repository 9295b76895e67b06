"""Trains and evaluates systems from several seeds and writes one table.

    python -m cmgan_jax reproduce --config=quickstart:s2i --seeds=5 \\
        --data=data/pocket_orchestra --output=runs/quickstart_seeds

--systems=sa_cmgan,no_attention,chen2017 puts several systems, all at the scale of
--config (such as sa_cmgan:quickstart/s2i), in one table. Every system in both
directions, or those named, from every seed is a cell. Writes OUTPUT/results.json,
OUTPUT/results.md and OUTPUT/index.html, a page to look at and listen to: both test
splits, mean, least and most over the seeds, the worst class, diversity, every judge,
and what differs from the first system with a paired interval. Stopped, it goes on where
it was; a finished cell is never made again, and several processes make different cells.
"""

import functools
import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from cmgan_jax.configs import directions, load, locate
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.reproduce import reproduce
from cmgan_jax.reporting.systems import systems_page
from cmgan_jax.runtime.names import quoted
from cmgan_jax.signals.direction import DIRECTIONS

CONFIG = config_flags.DEFINE_config_file(
    "config",
    locate("quickstart:s2i"),
    "System and scale, as NAME:SCALE/DIRECTION; see --systems and --directions.",
)
SYSTEMS = flags.DEFINE_list(
    "systems",
    [],
    "Configurations, each at the scale and with the changed fields of --config, which "
    "is left out unless it is named; the others are compared with the first.",
)
DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the workdirs and the table.", required=True
)
SEEDS = flags.DEFINE_integer("seeds", 5, "Runs of each direction.", lower_bound=1)
DIRECTION = flags.DEFINE_multi_enum(
    "directions",
    list(DIRECTIONS),
    list(DIRECTIONS),
    "May be given several times; a system of both directions in one run makes both.",
)
CELLS = flags.DEFINE_string(
    "cells",
    "*",
    "Pattern of the cells to make now, such as 'no_attention*_seed[01]'; the table "
    "holds all that are finished.",
)
HELP = {
    "What goes in": (CONFIG, SYSTEMS, DIRECTION, SEEDS, DATA),
    "What comes out": (OUTPUT,),
    "How it is made": (CELLS,),
}


def main() -> None:
    """Makes what is missing, writes the table and prints it."""
    output = Path(OUTPUT.value)
    prepared = open_prepared(DATA.value)
    typed = " ".join(map(quoted, ["python", "-m", "cmgan_jax", *sys.argv[1:]]))
    page = functools.partial(systems_page, prepared=prepared, command=typed)
    print(reproduce(_configs(), prepared, output, page=page, cells=CELLS.value))
    print(f"Written to {output / 'results.json'} and {output / 'results.md'}.")
    print(f"Look and listen: {output / 'index.html'}")


def _configs() -> list[dict]:
    """The configuration of every cell, seed by seed."""
    flag = flags.FLAGS["config"]
    located = config_flags.get_config_filename(flag)
    argument = located.partition(":")[2]
    files = [locate(f"{name}:{argument}") for name in SYSTEMS.value] or [located]
    configs = []
    for seed in range(SEEDS.value):
        for file in files:
            known = directions(file)
            for direction in known if known == ("both",) else DIRECTION.value:
                config = load(file, direction)
                config.update_from_flattened_dict(
                    config_flags.get_override_values(flag)
                )
                config.seed = seed
                configs.append(config.to_dict())
    return configs
