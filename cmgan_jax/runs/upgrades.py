"""What config.json of earlier versions left unsaid, version by version."""

from collections.abc import Callable
from typing import Any

VERSION = 10  # of config.json
_UNASKED = {"targets": 300, "axes": 48, "few": 500}


def _from_1(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 1 named the shapes by their part in the direction, not by modality."""
    task, config = dict(fields["task"]), dict(fields["config"])
    sound, image = task.pop("source_shape"), task.pop("target_shape")
    if config["direction"] == "i2s":
        sound, image = image, sound
    config |= {"name": config["system"], "system": "sa_cmgan"}
    task |= {"image_shape": image, "sound_shape": sound}
    return {**fields, "task": task, "config": config}


def _from_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 2 knew no pairs, no posterior, no spectra and no falling rates."""
    config = dict(fields["config"])
    news = {"decay_from": 1.0, "pair_weight": 0.0, "tint": 0.0}
    config["classifier"] = {**config["classifier"], **news}
    config["classifier"].pop("target_too", None)
    news = {"pair_weight": 0.0, "posterior_weight": 0.0, "spectra": 0}
    config["gan"] = {**config["gan"], **news}
    return {**fields, "config": config}


def _from_3(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 3 knew two systems, varied by fewer means, and never what D sees."""
    config = dict(fields["config"])
    news = {"spectral_norm": "discriminator", "discriminator_head": "dense"}
    config["model"] = {**config["model"], **news}
    classifier = {**config["classifier"], "objective": "classification"}
    varied = {name: classifier.pop(name) for name in ("shift", "noise", "tint")}
    config["classifier"] = classifier
    varied |= {"cutout": 0.0, "mirror": False}
    config["variation"] = {"image": varied, "sound": {**varied, "tint": 0.0}}
    config["gan"] = {**config["gan"], "discriminator_varied": False}
    config["gallery"] = {"size": 2048, "choice": "random"}
    config["run"] = {**config["run"], "choose_on_validation": False}
    return {**fields, "config": config}


def _from_4(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 4 did not keep what was changed on the way."""
    return {**fields, "changes": []}


def _from_5(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 5 did not ask which note is played."""
    task = {**fields["task"], "pitched": False}
    config = {**fields["config"], "note_reader": {"sources": 0, "edges": 1024}}
    return {**fields, "task": task, "config": config}


def _from_6(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 6 mixed no pictures, and never asked for the note of what was made."""
    gan = {**fields["config"]["gan"], "note_weight": 0.0, "sketches": 0}
    return {**fields, "config": {**fields["config"], "gan": gan}}


def _from_7(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 7 compared edges one by one."""
    reader = {**fields["config"]["note_reader"], "axes": 0}
    return {**fields, "config": {**fields["config"], "note_reader": reader}}


def _from_8(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 8 learnt to read as many targets as sources, and compared with all."""
    reader = fields["config"]["note_reader"]
    count = reader["sources"]
    # Where no note is told, readers are what they would be now.
    news = {"targets": count, "few": count} if count else _UNASKED
    reader = {**reader, **news}
    return {**fields, "config": {**fields["config"], "note_reader": reader}}


def _from_9(fields: dict[str, Any]) -> dict[str, Any]:
    """Version 9 knew no prior but the standard normal one."""
    gan = {**fields["config"]["gan"], "prior": "standard"}
    return {**fields, "config": {**fields["config"], "gan": gan}}


# From a version to the next one.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
    4: _from_4,
    5: _from_5,
    6: _from_6,
    7: _from_7,
    8: _from_8,
    9: _from_9,
}


def upgraded(fields: dict[str, Any], version: int) -> dict[str, Any]:
    """The content of a config.json of any version, as one of VERSION would say it."""
    for older in range(version, VERSION):
        fields = _UPGRADES[older](fields)
    return {**fields, "version": VERSION}
