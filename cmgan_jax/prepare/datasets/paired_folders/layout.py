"""People's own folders of sounds and pictures: found, and brought to one form.

    {audio,sound,sounds,chunk,LMS}/[split/]class/  beside
    {img,image,images,pictures}/[split/]class/

or the same inside split/, where split is train, validation or test; without splits
everything counts as train. film/[split/]class/ takes the place of a modality that has
no folder, or of both. A sound folder `x_lms` is class `x` (LMS/x_lms of SA-CMGAN's
authors). Capitals make no difference in the names of modalities and splits; in names
of classes they make none where the class stays the only one of its name.
"""

import collections
import dataclasses
import filecmp
import pathlib

from cmgan_jax.prepare.datasets.paired_folders.classes import (
    Listing,
    list_classes,
    unite_capitals,
)
from cmgan_jax.prepare.folders import list_folder, list_groups, relative
from cmgan_jax.prepare.names import same
from cmgan_jax.prepare.plan import Defect
from cmgan_jax.runtime.names import shown

IMAGE_FOLDERS = ("img", "image", "images", "pictures")
SOUND_FOLDERS = ("audio", "sound", "sounds", "chunk")
PICTURE_OF_SOUND_FOLDERS = ("lms", *SOUND_FOLDERS)
# In the place of a modality that has no folder of its own.
FILM_FOLDERS = ("film", "films", "video", "videos")
SPLITS = ("train", "validation", "test")
SPLIT_OF = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}
LAYOUT = (
    "{audio|sound|sounds|chunk|LMS}/[train|validation|test/]CLASS/FILES beside "
    "{img|image|images|pictures}/[train|validation|test/]CLASS/FILES, or "
    "{film|films|video|videos}/[train|validation|test/]CLASS/FILES in place of one or "
    "both"
)


class UnknownLayout(ValueError):
    """The folders are none that this data set knows."""


@dataclasses.dataclass(frozen=True)
class Found:
    """What the folders hold.

    Attributes:
      files: one file per stem, sorted. Every class has both modalities in every split
        that has it. Where the folders name no split, all is train.
      defects: what is wrong with folders and names.
      notes: what was read and what was left unread.
    """

    files: Listing
    defects: tuple[Defect, ...]
    notes: tuple[str, ...]


def find_files(root: pathlib.Path, *, pictures_of_sound: bool) -> Found:
    """Lists the files of every split, class and modality.

    Args:
      root: the folder that holds everything.
      pictures_of_sound: sounds are pictures of spectrograms, in LMS/ if there is one.

    Raises:
      UnknownLayout: says what there is and what was expected.
    """
    places, notes = _find_modalities(root, pictures_of_sound=pictures_of_sound)
    listing: Listing = {}
    defects = []
    for split, modality, folder in places:
        defects += _list_modality(listing, split, modality, folder, root)
    listing = {name: listing[name] for name in SPLITS if name in listing}
    notes += unite_capitals(listing)
    defects += _drop_repeated(listing, root)
    defects += _drop_single_modality(listing, root)
    if not listing.get("train"):
        raise UnknownLayout(
            f"no class with both pictures and sounds for training; expected {LAYOUT}. "
            + " ".join(f"{d.path} {d.detail}" for d in defects[:3])
        )
    # A folder of films is listed once for each modality.
    return Found(listing, tuple(dict.fromkeys(defects)), tuple(notes))


def _find_modalities(root: pathlib.Path, *, pictures_of_sound: bool):
    """(split or "", modality, folder) of every folder of a modality, and notes."""
    places = [("", root)]
    for folder in list_folder(root, root)[0]:
        if folder.name.lower() in SPLIT_OF:
            places.append((SPLIT_OF[folder.name.lower()], folder))
    inside = [(split, f) for split, at in places for f in list_folder(at, root)[0]]
    names = {folder.name.lower() for _, folder in inside}
    sound_names = PICTURE_OF_SOUND_FOLDERS if pictures_of_sound else SOUND_FOLDERS
    modalities = collections.defaultdict(list)
    for modality, known in (("image", IMAGE_FOLDERS), ("sound", sound_names)):
        if not pictures_of_sound:
            known = (*known, *FILM_FOLDERS)
        chosen = next((name for name in known if name in names), None)
        if chosen is None:
            advice = ""
            if "lms" in names and not pictures_of_sound:
                advice = " LMS/ holds pictures of sound: --sound=pictures reads those."
            there = sorted({shown(folder.name) for _, folder in inside})
            advice = advice or _class_first(inside)
            raise UnknownLayout(
                f"no folder of {modality}s; folders found: "
                f"{', '.join(there) or 'none'}; expected {LAYOUT}.{advice}"
            )
        modalities[chosen].append(modality)
    found, read, unread = [], [], []
    for split, folder in inside:
        of_folder = modalities.get(folder.name.lower(), [])
        found += [(split, modality, folder) for modality in of_folder]
        if of_folder:
            read.append(relative(folder, root))
        elif split or folder.name.lower() not in SPLIT_OF:
            unread.append(relative(folder, root))
    notes = [f"read: {', '.join(read)}."]
    if unread:
        notes.append(f"not read: the folders {', '.join(unread)}.")
    return found, notes


def _class_first(inside: list[tuple[str, pathlib.Path]]) -> str:
    """Advice where folders of classes hold those of modalities, else nothing."""
    known = (*IMAGE_FOLDERS, *PICTURE_OF_SOUND_FOLDERS)
    for _, folder in inside:
        for inner in list_folder(folder, folder)[0]:
            if inner.name.lower() in known:
                here, there = shown(inner.name), shown(folder.name)
                return (
                    f" Here the class comes first: make {there}/{here} to "
                    f"{here}/{there}, and so with all of them."
                )
    return ""


def _list_modality(
    listing: Listing, split: str, modality: str, folder: pathlib.Path, root
) -> list[Defect]:
    """Adds the classes of one modality's folder to the listing.

    The folder may hold splits unless it lies in one, whose name is then given.
    """
    inner, defects = list_groups(folder, root)
    splits = [part for part in inner if part.name.lower() in SPLIT_OF and not split]
    if not splits:
        named = split or "train"
        return defects + list_classes(listing, named, modality, inner, root)
    for part in inner:
        if part not in splits:
            detail = "lies beside splits but has the name of none and is not read."
            defects.append(Defect(relative(part, root), "unknown_layout", detail))
            continue
        classes, found = list_groups(part, root)
        defects += found
        named = SPLIT_OF[part.name.lower()]
        defects += list_classes(listing, named, modality, classes, root)
    return defects


def _drop_repeated(listing: Listing, root: pathlib.Path) -> list[Defect]:
    """Removes files that an earlier split has too: same class, stem and bytes.

    Other bytes under the same stem are other material: people number files 001, 002
    in every folder anew.
    """
    defects = []
    first: dict[tuple[str, str, str], pathlib.Path] = {}
    for classes in listing.values():
        for name, files in classes.items():
            for modality, paths in files.items():
                for path in list(paths):
                    kept = first.setdefault((name, modality, same(path.stem)), path)
                    if kept is path or not _same_bytes(kept, path):
                        continue
                    paths.remove(path)
                    detail = (
                        f"is the same file as {relative(kept, root)} of another split, "
                        "which is read instead."
                    )
                    defects.append(
                        Defect(relative(path, root), "duplicate_stem", detail)
                    )
    return defects


def _same_bytes(one: pathlib.Path, other: pathlib.Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        # The worker that reads the file will name what is wrong with it.
        return False


def _drop_single_modality(listing: Listing, root: pathlib.Path) -> list[Defect]:
    """Removes from every split the classes that have pictures or sounds only."""
    defects = []
    for split, classes in listing.items():
        for name, files in list(classes.items()):
            there = {modality: paths for modality, paths in files.items() if paths}
            if len(there) == 2:
                continue
            del classes[name]
            for modality, paths in there.items():
                missing = "sound" if modality == "image" else "image"
                detail = (
                    f"class {shown(name)} has {len(paths)} files here but no {missing} "
                    f"in the split {split}."
                )
                folder = relative(paths[0].parent, root)
                defects.append(Defect(folder, "one_modality", detail))
    return defects
