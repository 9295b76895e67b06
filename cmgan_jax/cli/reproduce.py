"""Trains and evaluates one configuration from several seeds and writes one table.

    python -m cmgan_jax reproduce --config=quickstart:s2i --seeds=5 \\
        --data=data/pocket_orchestra --output=runs/quickstart_seeds

Both directions, or those named. Writes OUTPUT/results.json and OUTPUT/results.md: both
test splits, mean, least and most over the seeds, the worst class, diversity, every
judge. Stopped, it goes on where it was; a finished run is never made again.
"""

from pathlib import Path

from absl import flags
from ml_collections import config_flags

from cmgan_jax.configs import load, locate
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.reproduce import reproduce
from cmgan_jax.signals.direction import DIRECTIONS

CONFIG = config_flags.DEFINE_config_file(
    "config", locate("quickstart:s2i"), "System, as NAME:DIRECTION; see --directions."
)
DATA = flags.DEFINE_string(
    "data", "data/pocket_orchestra", "Folder of prepared data (see prepare)."
)
OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the workdirs and the table.", required=True
)
SEEDS = flags.DEFINE_integer("seeds", 5, "Runs of each direction.", lower_bound=1)
DIRECTION = flags.DEFINE_multi_enum(
    "directions", list(DIRECTIONS), list(DIRECTIONS), "May be given several times."
)


def main() -> None:
    """Makes what is missing, writes the table and prints it."""
    flag = flags.FLAGS["config"]
    file = config_flags.get_config_filename(flag)
    overrides = config_flags.get_override_values(flag)
    configs = []
    for seed in range(SEEDS.value):
        for direction in DIRECTION.value:
            config = load(file, direction)
            config.update_from_flattened_dict(overrides)
            config.seed = seed
            configs.append(config.to_dict())
    output = Path(OUTPUT.value)
    print(reproduce(configs, open_prepared(DATA.value), output))
    print(f"Written to {output / 'results.json'} and {output / 'results.md'}.")
