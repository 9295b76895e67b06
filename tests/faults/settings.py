"""config.json with any field changed, missing or odd: refused, the field named."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmgan_jax.runs.record import ADJUSTABLE, continued, read_record
from cmgan_jax.systems.registry import assemble
from tests.faults.promise import Promise
from tests.faults.smallest import Smallest

MISSING = object()
ODD = (MISSING, None, "odd", -7, float("nan"), [], {})


def prove(smallest: Smallest, trials: int) -> list[Promise]:
    """R14."""
    changed = Promise(
        "R14",
        "a run does not go on with another configuration, data or representation; the "
        "field, or what it contradicts, is named",
        "every field of config.json changed",
    )
    damaged = Promise(
        "R14",
        "a config.json that cannot be meant is refused in one sentence",
        f"every field of config.json x {len(ODD)} kinds: missing, null, text, negative "
        "...",
    )
    workdir = smallest.straight
    fields = json.loads((workdir / "config.json").read_text())
    record = read_record(workdir)
    place = smallest.place / "edited"
    place.mkdir(exist_ok=True)
    for path, value in _leaves(fields):
        name = ".".join(path)
        if path[0] in ("version", "versions", "data", "changes"):
            continue
        if not name.removeprefix("config.").startswith(ADJUSTABLE):
            other = _edited(fields, path, _another(value))
            told = _told(place, other, lambda r: continued(record, r, place, after={}))
            refused = told and "broke:" not in told
            changed.count(bool(refused), f"{name}: {told or 'accepted'}")
        for odd in ODD:
            told = _told(place, _edited(fields, path, odd), lambda r: None)
            kind = "missing" if odd is MISSING else repr(odd)
            damaged.count("broke:" not in told, f"{name} {kind}: {told}")
    return [changed, damaged]


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple]:
    if not isinstance(tree, dict) or not tree:
        yield path, tree
        return
    for name, branch in tree.items():
        yield from _leaves(branch, (*path, name))


def _edited(fields: dict, path: tuple[str, ...], value: Any) -> dict:
    fields = copy.deepcopy(fields)
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return fields


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return [*value[:-1], _another(value[-1])]
    return f"{value}x"


def _told(place: Path, fields: dict, then) -> str:
    """What is said of it; nothing where it is taken; "broke" of a traceback."""
    (place / "config.json").write_text(json.dumps(fields))
    try:
        record = read_record(place)
        assemble(record.settings, record.task)
        then(record)
    except ValueError as error:
        return str(error)
    except Exception as error:  # a traceback for the user
        return f"broke: {type(error).__name__}: {error}"
    return ""
