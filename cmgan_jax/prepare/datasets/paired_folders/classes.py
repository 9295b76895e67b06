"""The class folders of one modality, and which of them are the same class."""

import pathlib
from collections import defaultdict

from cmgan_jax.prepare.folders import Files, list_media, relative
from cmgan_jax.prepare.names import look_alikes, same
from cmgan_jax.prepare.plan import Defect
from cmgan_jax.runtime.names import same_but_case, shown

# Files by split, class and modality ("image", "sound").
Listing = dict[str, dict[str, dict[str, Files]]]
_CLASS_SUFFIX = "_lms"


def list_classes(
    listing: Listing, split: str, modality: str, folders: Files, root: pathlib.Path
) -> list[Defect]:
    """Adds the files of every class folder to the listing.

    Args:
      listing: gets them, under the class's name with accents composed.
      split: which split they are of.
      modality: "image" or "sound".
      folders: one per class.
      root: defects name their paths relative to this.

    Returns:
      What is wrong with the files, and every folder whose name looks like another's.
    """
    defects = []
    for alike in look_alikes(folders):
        defects += _look_alike(alike, root)
    for folder in folders:
        name = same(folder.name)
        if modality == "sound":
            name = name.removesuffix(_CLASS_SUFFIX)
        of_class = listing.setdefault(split, {}).setdefault(name, {})
        if modality in of_class:
            if not _names_look_alike(folder, folders):
                detail = (
                    f"class {shown(name)} of the split {split} was already read from "
                    "another folder, and this one is not read: put both into one."
                )
                defects.append(Defect(relative(folder, root), "unknown_layout", detail))
            continue
        files, found = list_media(folder, root)
        defects += found
        if files:
            of_class[modality] = files
    return defects


def _names_look_alike(folder: pathlib.Path, folders: Files) -> bool:
    """Whether another folder's name differs in the form of its accents only."""
    name = same(folder.name)
    return sum(same(other.name) == name for other in folders) > 1


def _look_alike(alike: list[pathlib.Path], root: pathlib.Path) -> list[Defect]:
    """A defect for every folder of a group of look-alikes but the first."""
    first, *others = alike
    defects = []
    for folder in others:
        twin = next(one for one in alike if one is not folder)
        exact = [one for one in alike if same(one.name) == same(folder.name)]
        if exact[0] is not folder:
            twin = exact[0]
            how = "the form of its accents only (NFC, NFD) and is not read"
        else:
            twin, how = first, "capitals only and is taken for a class of its own"
        detail = (
            f"differs from {relative(twin, root)} in {how}: put both into one folder, "
            "or name them apart."
        )
        defects.append(Defect(relative(folder, root), "look_alike_class", detail))
    return defects


def unite_capitals(listing: Listing) -> list[str]:
    """Makes classes one whose names differ in capitals only.

    Not where a split and modality has two of them: then they stay apart.

    Returns:
      A sentence for every class united.
    """
    spellings = defaultdict(list)
    for classes in listing.values():
        for name in classes:
            if name not in spellings[same_but_case(name)]:
                spellings[same_but_case(name)].append(name)
    notes = []
    for names in spellings.values():
        if len(names) == 1 or _stand_side_by_side(listing, names):
            continue
        for classes in listing.values():
            united = {}
            for name in names:
                united |= classes.pop(name, {})
            if united:
                classes[names[0]] = united
        shown_names = " and ".join(map(shown, names))
        notes.append(f"taken for one class: the folders {shown_names}.")
    return notes


def _stand_side_by_side(listing: Listing, names: list[str]) -> bool:
    modalities = [
        (split, modality)
        for split, classes in listing.items()
        for name in names
        for modality in classes.get(name, {})
    ]
    return len(modalities) != len(set(modalities))
