"""Turns the authors' TensorFlow 1 weights into the workdir of a finished run.

    python -m cmgan_jax import_tf1 --checkpoint=checkpoint/model-12000 \\
        --direction=s2i --data=data/sub_urmp --workdir=runs/authors_s2i

evaluate (both protocols) and generate accept the workdir. So does train, with
--config=sa_cmgan_original:s2i and more --config.gan.steps, to go on; Adam's moments
start anew. The data give classes and representation: prepare them with
--sound=pictures or --sound=coloured.
"""

from pathlib import Path

from absl import flags

from cmgan_jax.configs import sa_cmgan_original
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.runtime.names import command
from cmgan_jax.runtime.outputs import require_own_or_empty
from cmgan_jax.signals.direction import DIRECTIONS
from cmgan_jax.tf1.checkpoint import read_variables
from cmgan_jax.tf1.importing import import_variables

CHECKPOINT = flags.DEFINE_string(
    "checkpoint",
    None,
    "A TensorFlow 1 checkpoint (prefix or folder), or an .npz of its variables by "
    "name.",
    required=True,
)
DIRECTION = flags.DEFINE_enum(
    "direction", None, list(DIRECTIONS), "What the weights were trained for."
)
DATA = flags.DEFINE_string(
    "data", None, "Folder of prepared data: classes and representation.", required=True
)
WORKDIR = flags.DEFINE_string("workdir", None, "Folder to make.", required=True)
flags.mark_flag_as_required("direction")
HELP = {
    "What goes in": (CHECKPOINT, DIRECTION, DATA),
    "What comes out": (WORKDIR,),
}


def main() -> None:
    """Reads, checks, converts and writes."""
    workdir = Path(WORKDIR.value)
    require_own_or_empty(
        workdir, lambda folder: False, folder_is="--workdir", expected="nothing"
    )
    import_variables(
        read_variables(Path(CHECKPOINT.value)),
        sa_cmgan_original.get_config(DIRECTION.value).to_dict(),
        prepared=open_prepared(DATA.value),
        workdir=workdir,
    )
    print(
        f"{workdir} holds the weights. Next:\n"
        f"  {command('evaluate', workdir=workdir)}\n"
        f"  {command('evaluate', workdir=workdir, protocol='original')}"
    )
