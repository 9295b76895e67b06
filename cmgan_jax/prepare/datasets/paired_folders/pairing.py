"""Whether files of equal names are one moment ("stem") or share their class only."""

import dataclasses
import pathlib
import re
import unicodedata
from collections.abc import Iterator

from cmgan_jax.prepare.datasets.paired_folders.classes import Listing
from cmgan_jax.prepare.folders import Files
from cmgan_jax.prepare.names import match
from cmgan_jax.runtime.names import counted, same_but_case, shown

ASKED = ("auto", "stem", "class")
_NOT_TOLD_APART = re.compile(r"[\W_]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


@dataclasses.dataclass
class _Count:
    """How many names of pictures and sounds are the same.

    Attributes:
      possible: files of the smaller modality, summed over classes.
      images: pictures.
      sounds: sounds.
      shared: pairs of one name.
      unclear: names that capitals alone do not pair, see `names.match`.
      near: pairs whose names differ in capitals, signs and leading zeros only.
      example: a picture and a sound of such a pair, or of one name.
    """

    possible: int = 0
    images: int = 0
    sounds: int = 0
    shared: int = 0
    unclear: int = 0
    near: int = 0
    example: tuple[pathlib.Path, pathlib.Path] | None = None

    def left_over(self) -> str:
        """The files without partner as text."""
        return (
            f"{counted(self.images - self.shared, 'picture')} and "
            f"{counted(self.sounds - self.shared, 'sound')} left over"
        )


def decide_pairing(listing: Listing, asked: str) -> tuple[str, str]:
    """ "stem" or "class", and one sentence on what was found.

    Where nothing is asked for, files are stem-aligned if half of the smaller modality's
    have a partner of their name, class-aligned if no name is near another.

    Args:
      listing: the files.
      asked: "auto", "stem" or "class".

    Raises:
      ValueError: asked is unknown; or the names nearly match and nobody said what that
        means; or "stem" was asked for and no name has a partner.
    """
    if asked not in ASKED:
        raise ValueError(f"pairing={asked!r} is unknown; known: {', '.join(ASKED)}.")
    count = _count(listing)
    if asked == "class":
        return "class", _class_sentence(count, "as --pairing=class says")
    if asked == "stem" and not count.shared:
        raise ValueError(
            f"--pairing=stem: none of {count.images} pictures has the name of one of "
            f"{count.sounds} sounds of its class. Name the two files of a moment alike "
            "(take07.wav, take07.jpg), or give --pairing=class."
        )
    if asked == "stem" or (count.shared and 2 * count.shared >= count.possible):
        return "stem", (
            f"stem-aligned (a picture and a sound of one name are one moment): "
            f"{counted(count.shared, 'pair')}, {count.left_over()}."
        )
    if count.shared or count.unclear or 2 * count.near >= count.possible > 0:
        raise ValueError(_question(count))
    return "class", _class_sentence(count, "no names match")


def _class_sentence(count: _Count, why: str) -> str:
    return (
        f"class-aligned (sounds and pictures share their class only; {why}): "
        f"{counted(count.images, 'picture')}, {counted(count.sounds, 'sound')}, no "
        "pairs."
    )


def _question(count: _Count) -> str:
    found = f"{count.shared} have the name of one of the other kind"
    if count.unclear:
        found += f", {count.unclear} more but for capitals, which leave it open"
    elif not count.shared:
        found = f"none has the name of one of the other kind, {count.near} nearly"
    example = " and ".join(shown(path.name) for path in count.example or ())
    example = f" ({example})" if example else ""
    return (
        f"{counted(count.images, 'picture')} and {counted(count.sounds, 'sound')}: of "
        f"{counted(count.possible, 'possible pair')} {found}{example}. Say what that "
        f"means: --pairing=stem (equal names are one moment: "
        f"{counted(count.shared, 'pair')}, {count.left_over()}; rename files to pair "
        "more), or --pairing=class (sounds and pictures share their class only; all "
        "files are used)."
    )


def _count(listing: Listing) -> _Count:
    count = _Count()
    for images, sounds in _classes(listing):
        pairs, unclear = match(images, sounds, lambda path: path.stem)
        near = _near(images, sounds)
        count.possible += min(len(images), len(sounds))
        count.images += len(images)
        count.sounds += len(sounds)
        count.shared += len(pairs)
        count.unclear += unclear
        count.near += len(near)
        count.example = count.example or next(iter([*pairs, *near]), None)
    return count


def _classes(listing: Listing) -> Iterator[tuple[Files, Files]]:
    for classes in listing.values():
        for files in classes.values():
            yield files["image"], files["sound"]


def _near(images: Files, sounds: Files) -> list[tuple[pathlib.Path, pathlib.Path]]:
    keyed = [{_squeezed(path.stem): path for path in some} for some in (images, sounds)]
    return [(keyed[0][key], keyed[1][key]) for key in keyed[0] if key in keyed[1]]


def _squeezed(stem: str) -> str:
    """A stem without capitals, signs, accents and leading zeros."""
    parts = unicodedata.normalize("NFKD", same_but_case(stem))
    letters = "".join(part for part in parts if not unicodedata.combining(part))
    return _NOT_TOLD_APART.sub("", _LEADING_ZEROS.sub("", letters)) or stem
