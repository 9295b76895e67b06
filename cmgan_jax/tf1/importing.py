"""The authors' weights as the workdir of a finished run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict

from cmgan_jax.data.prepared import PreparedData
from cmgan_jax.runs.checkpoint_folders import checkpoint_folder
from cmgan_jax.runs.checkpoints import Checkpoints
from cmgan_jax.runs.record import RunRecord, new_record, write_record
from cmgan_jax.signals.direction import MODALITIES
from cmgan_jax.systems.interface import Finished, Phase
from cmgan_jax.systems.pretraining import RECOGNISERS
from cmgan_jax.systems.registry import assemble
from cmgan_jax.systems.sa_cmgan import GAN
from cmgan_jax.tf1.variables import from_tf1
from cmgan_jax.training.state import NetState, Tree

Networks = Mapping[str, Tree]


def import_variables(
    variables: Mapping[str, np.ndarray],
    config: Mapping[str, Any],
    *,
    prepared: PreparedData,
    workdir: Path,
) -> None:
    """Writes config.json and the checkpoints of every phase.

    Args:
      variables: of the TensorFlow graph, by name.
      config: of the system the graph is.
      prepared: the data set whose classes and representation the graph knows.
      workdir: of the run to make.

    Raises:
      ValueError: the variables are not this system's, or do not fit the data.
    """
    record = new_record(config, prepared)
    networks = from_tf1(variables)
    _require_fitting(networks, record)
    system = assemble(record.settings, record.task)
    phase = system.phase(RECOGNISERS)
    recognisers = _recognisers_state(phase, networks)
    finished = {RECOGNISERS: phase.inference(recognisers)}
    gan = _gan_state(system.phase(GAN), finished, networks)
    states = {RECOGNISERS: recognisers, GAN: gan}
    for name, state in states.items():
        _save(workdir, system.phase(name), state)
    write_record(workdir, record)


def _require_fitting(networks: Networks, record: RunRecord) -> None:
    """Refuses data of other channels or classes than the graph was made for."""
    for modality in MODALITIES:
        if not {f"{modality}_encoder", f"{modality}_classifier"} <= networks.keys():
            raise ValueError(
                f"the checkpoint holds no {modality} encoder with its classifier; it "
                f"has {', '.join(sorted(networks)) or 'nothing'}."
            )
        encoder = networks[f"{modality}_encoder"]
        own = networks[f"{modality}_classifier"]
        channels = encoder["params"]["trunk"]["conv1"]["kernel"].shape[2]
        expected = record.task.shape(modality)[2]
        if channels != expected:
            raise ValueError(
                f"the checkpoint's {modality}s have {channels} channels, the data's "
                f"{expected} ({record.representation.sound!r} sounds): prepare the "
                "data with --sound=pictures or --sound=coloured."
            )
        classes = own["params"]["dense"]["kernel"].shape[1]
        if classes != record.task.num_classes:
            raise ValueError(
                f"the checkpoint's {modality} classifier knows {classes} classes, the "
                f"data have {record.task.num_classes} "
                f"({', '.join(record.class_names)}): give the data set that the "
                "weights were trained on."
            )


def _fresh(phase: Phase, finished: Finished) -> Any:
    """The state of a phase after its last step, with weights as they were drawn."""
    root = jax.random.key(phase.seed)
    state = jax.jit(lambda finished: phase.init(root, finished))(finished)
    return state.replace(step=jnp.int32(phase.steps))


def _recognisers_state(phase: Phase, networks: Networks) -> Any:
    state = _fresh(phase, {})
    weights: dict[str, Any] = {"params": {}, "batch_stats": {}}
    for modality in MODALITIES:
        for part in ("encoder", "classifier"):
            for collection, tree in networks[f"{modality}_{part}"].items():
                weights[collection].setdefault(modality, {})[part] = tree
    name = "encoders and classifiers"
    return state.replace(network=_with_weights(state.network, weights, name))


def _gan_state(phase: Phase, finished: Finished, networks: Networks) -> Any:
    state = _fresh(phase, finished)
    replaced = {
        name: _with_weights(getattr(state, name), networks.get(name, {}), name)
        for name in ("generator", "discriminator")
    }
    return state.replace(**replaced)


def _with_weights(network: NetState, weights: Tree, name: str) -> NetState:
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
    weights = jax.tree.map(jnp.asarray, weights)
    params = weights.pop("params")
    return network.replace(params=params, collections=weights)


def _save(workdir: Path, phase: Phase, state: Any) -> None:
    checkpoints = Checkpoints(checkpoint_folder(workdir, phase.name), keep=1)
    items = {"training": state, "inference": phase.inference(state)}
    checkpoints.save(int(state.step), items)
    checkpoints.close()
