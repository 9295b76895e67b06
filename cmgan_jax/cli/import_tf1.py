"""Turns the authors' TensorFlow 1 weights into the workdir of a finished run.

    python -m cmgan_jax import_tf1 --checkpoint=checkpoint/model-12000 --direction=s2i \
        --data=data/sub_urmp --workdir=runs/authors_s2i

evaluate (both protocols) and generate accept the workdir. So does train, with
--config=configs/sa_cmgan_original.py:s2i and more --config.gan.steps, to go on; Adam's
moments start anew. The data give classes and representation: prepare them with
--sound=pictures or --sound=coloured.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from absl import flags
from flax.traverse_util import flatten_dict

from cmgan_jax.data.items import DIRECTIONS
from cmgan_jax.data.prepared import PreparedData, open_prepared
from cmgan_jax.runs import phases
from cmgan_jax.runs.checkpoints import Checkpoints
from cmgan_jax.runs.record import RunRecord, new_record, write_record
from cmgan_jax.systems import classifier_phase as classifier
from cmgan_jax.systems import gan_phase as gan
from cmgan_jax.systems import sa_cmgan as systems
from cmgan_jax.systems.sa_cmgan import System
from cmgan_jax.tf1 import variables as tf1
from cmgan_jax.tf1.checkpoint import read_variables
from cmgan_jax.training.state import Tree

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


def main() -> None:
    """Reads, checks, converts and writes."""
    from cmgan_jax.configs import sa_cmgan_original

    workdir = Path(WORKDIR.value)
    if (workdir / "config.json").exists():
        raise ValueError(f"{workdir} already holds a run: name another --workdir.")
    import_variables(
        read_variables(Path(CHECKPOINT.value)),
        sa_cmgan_original.get_config(DIRECTION.value),
        prepared=open_prepared(DATA.value),
        workdir=workdir,
    )
    print(
        f"{workdir} holds the weights. Next:\n"
        f"  python -m cmgan_jax evaluate --workdir={workdir}\n"
        f"  python -m cmgan_jax evaluate --workdir={workdir} --protocol=original"
    )


def import_variables(
    variables: Mapping[str, np.ndarray],
    config: Any,
    *,
    prepared: PreparedData,
    workdir: Path,
) -> None:
    """Writes config.json and the checkpoints of every phase.

    Args:
      variables: of the TensorFlow graph, by name.
      config: the system the graph is.
      prepared: the data set whose classes and representation the graph knows.
      workdir: of the run to make.

    Raises:
      ValueError: the variables are not this system's, or do not fit the data.
    """
    record = new_record(config.to_dict(), prepared)
    networks = tf1.from_tf1(variables, direction=config.direction)
    _require_fitting(networks, record)
    system = systems.assemble(config, record.task)
    for modality in ("source", "target"):
        state = _classifier_state(config, system, networks, modality)
        _save(workdir, phases.classifier_phase(modality), state)
    _save(workdir, "gan", _gan_state(config, system, networks))
    write_record(workdir, record)


def _require_fitting(networks: Mapping[str, Tree], record: RunRecord) -> None:
    """Refuses data of other channels or classes than the graph was made for."""
    shapes = {
        "source": record.task.source_shape,
        "target": record.task.target_shape,
    }
    for side, shape in shapes.items():
        if not {f"{side}_encoder", f"{side}_classifier"} <= networks.keys():
            raise ValueError(
                f"the checkpoint holds no {side} encoder with its classifier; it has "
                f"{', '.join(sorted(networks)) or 'nothing'}."
            )
        encoder, own = networks[f"{side}_encoder"], networks[f"{side}_classifier"]
        channels = encoder["params"]["trunk"]["conv1"]["kernel"].shape[2]
        if channels != shape[2]:
            raise ValueError(
                f"the checkpoint's {side}s have {channels} channels, the data's "
                f"{shape[2]} ({record.representation.sound!r} sounds): prepare the "
                "data with --sound=pictures or --sound=coloured."
            )
        classes = own["params"]["dense"]["kernel"].shape[1]
        if classes != record.task.num_classes:
            raise ValueError(
                f"the checkpoint's {side} classifier knows {classes} classes, the "
                f"data have {record.task.num_classes} "
                f"({', '.join(record.class_names)}): give the data set that the "
                "weights were trained on."
            )


def _classifier_state(config, system: System, networks, modality: str):
    """State after the classifier phase, with the checkpoint's weights."""
    module = getattr(system, f"{modality}_recogniser")
    shape = getattr(system.task, f"{modality}_shape")

    def initialise():
        return classifier.init_state(
            module, system.classifier_optimizer, root=jax.random.key(0), shape=shape
        )

    parts = {part: networks[f"{modality}_{part}"] for part in ("encoder", "classifier")}
    state = jax.jit(initialise)()
    network = _with_weights(
        state.network,
        {
            collection: {
                part: tree[collection]
                for part, tree in parts.items()
                if collection in tree
            }
            for collection in ("params", "batch_stats")
        },
        f"{modality} encoder and classifier",
    )
    steps = np.int32(config.classifier.steps)
    return state.replace(step=jax.numpy.asarray(steps), network=network)


def _gan_state(config, system: System, networks) -> gan.GanState:
    """State after the GAN phase, with the checkpoint's weights."""

    def initialise(encoder):
        return gan.init_state(
            system.gan,
            root=jax.random.key(config.seed),
            encoder_variables=encoder,
            target_shape=system.task.target_shape,
        )

    state = jax.jit(initialise)(networks["source_encoder"])
    return state.replace(
        step=jax.numpy.asarray(np.int32(config.gan.steps)),
        generator=_with_weights(
            state.generator, networks.get("generator", {}), "generator"
        ),
        discriminator=_with_weights(
            state.discriminator, networks.get("discriminator", {}), "discriminator"
        ),
    )


def _with_weights(network, weights: Tree, name: str):
    """The network's state with other variables, which must have the same shapes.

    Raises:
      ValueError: names every variable that is missing, too many or of another shape.
    """
    expected = {
        path: leaf.shape for path, leaf in flatten_dict(network.variables).items()
    }
    found = {path: leaf.shape for path, leaf in flatten_dict(weights).items()}
    different = [
        f"{'/'.join(path)}: {found.get(path, 'missing')}, expected "
        f"{expected.get(path, 'none')}"
        for path in sorted(expected.keys() | found.keys())
        if expected.get(path) != found.get(path)
    ]
    if different:
        raise ValueError(
            f"the checkpoint's {name} is not the authors' for these data: "
            + "; ".join(different[:8])
            + ("; ..." if len(different) > 8 else "")
        )
    weights = jax.tree.map(jax.numpy.asarray, weights)
    params = weights.pop("params")
    return network.replace(params=params, collections=weights)


def _save(workdir: Path, phase: str, state) -> None:
    checkpoints = Checkpoints(workdir / "checkpoints" / phase, keep=1)
    checkpoints.save(int(state.step), {"training": state, "inference": state.inference})
    checkpoints.close()
