"""Names of files and folders: compared, paired and sorted as a person would.

Systems write the same name in different ways: composed or decomposed accents (NFC,
NFD), capitals where another program has none. How names are shown is in
`runtime.names`.
"""

import pathlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from cmgan_jax.runtime.names import same_but_case

_DIGITS = re.compile(r"(\d+)")


def same(name: str) -> str:
    """What two names have in common whose accents are composed differently only."""
    return unicodedata.normalize("NFC", name)


def by_number(name: str) -> tuple[list[str | int], str]:
    """Sorts names as people count: x_9 before x_10, x_1000 before x_10000."""
    parts = _DIGITS.split(same(name))
    # Text at even places, digits at odd ones: equal places are comparable.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def match(
    ones: Sequence[Any], others: Sequence[Any], name: Callable[[Any], str]
) -> tuple[list[tuple[Any, Any]], int]:
    """Pairs things of two lists whose names are the same to a person.

    Names are compared without case where that leaves one on either side, otherwise as
    they are, accents composed alike.

    Args:
      ones: things, no two of which have the same name.
      others: the same.
      name: the name of either.

    Returns:
      Pairs in the order of the first list, and the number of names of the smaller side
      that stay without partner because capitals alone do not tell which is meant.
    """
    here, there = (_by_key(some, name, same_but_case) for some in (ones, others))
    partner: dict[int, Any] = {}
    unclear = 0
    for key in here.keys() & there.keys():
        some, more = here[key], there[key]
        if len(some) == len(more) == 1:
            partner[id(some[0])] = more[0]
            continue
        exact = {same(name(other)): other for other in more}
        found = {
            id(one): exact[same(name(one))] for one in some if same(name(one)) in exact
        }
        partner |= found
        unclear += min(len(some), len(more)) - len(found)
    return [(one, partner[id(one)]) for one in ones if id(one) in partner], unclear


def _by_key(
    things: Iterable[Any], name: Callable[[Any], str], key: Callable[[str], Hashable]
) -> dict[Hashable, list[Any]]:
    groups = defaultdict(list)
    for thing in things:
        groups[key(name(thing))].append(thing)
    return groups


def look_alikes(folders: Sequence[pathlib.Path]) -> list[list[pathlib.Path]]:
    """Groups of two or more folders whose names differ in form or capitals only."""
    groups = _by_key(folders, lambda folder: folder.name, same_but_case)
    return [group for group in groups.values() if len(group) > 1]
