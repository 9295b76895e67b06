"""Names of files and folders: shown, compared, sorted, and those nobody wrote.

Systems write the same name in different ways: composed or decomposed accents (NFC,
NFD), capitals where another program has none, bytes that are no text at all. What is
compared here is what a person would take for the same name.
"""

import os
import pathlib
import re
import shlex
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

# What operating systems, cloud drives and archivers leave behind, in lower case.
_LEFT_BEHIND = {
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "icon\r",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
}
_DIGITS = re.compile(r"(\d+)")
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


def is_left_behind(name: str) -> bool:
    """Whether a system wrote this beside people's files; a leading dot says so too."""
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def shown(name: str | os.PathLike) -> str:
    r"""A name as text that can be printed and stored, different for every name.

    Bytes that are no text (surrogates, as the system hands them out) and control
    characters become escapes such as \xe9 and \n, and a backslash becomes two.
    """
    return "".join(map(_shown_character, os.fspath(name)))


def same(name: str) -> str:
    """What two names have in common whose accents are composed differently only."""
    return unicodedata.normalize("NFC", name)


def same_but_case(name: str) -> str:
    """What two names have in common that differ in accents' form and capitals only."""
    return same(same(name).casefold())


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


def quoted(text: str | os.PathLike) -> str:
    """A text as a word of a shell's command line, whatever it holds.

    A path that begins with a dash needs no quotes where it follows --flag=.
    """
    text = os.fspath(text)
    if not any(unicodedata.category(c) in _UNPRINTABLE for c in text):
        return shlex.quote(text)
    # $'...' is what bash and zsh write such names as.
    return "$'" + shown(text).replace("'", "\\'") + "'"


def _shown_character(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if unicodedata.category(character) in _UNPRINTABLE:
        return character.encode("unicode_escape").decode("ascii")
    return character
