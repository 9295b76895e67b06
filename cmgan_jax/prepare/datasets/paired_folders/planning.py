"""How people's own files belong together, and which split each goes to.

Stem-aligned: picture x and sound x are one moment. Taken for granted where at least
half of the smaller modality's files have such a partner in their class and split;
otherwise the set is class-aligned, and files share only their class.

With class-aligned files, a song is one recording or one picture; with stem-aligned
ones, all moments whose stems differ only in a last _NUMBER. `holding_out` parts songs
into splits.
"""

import pathlib
import re

from cmgan_jax.prepare.datasets.paired_folders.holding_out import (
    Moment,
    grouped,
    hold_out,
)
from cmgan_jax.prepare.datasets.paired_folders.layout import (
    SPLITS,
    Listing,
    UnknownLayout,
    find_files,
)
from cmgan_jax.prepare.folders import match_stems, relative
from cmgan_jax.prepare.media_tasks import ClassTask, MediaFile, StemTask
from cmgan_jax.prepare.plan import Defect, Plan

_NUMBERED = re.compile(r"(?P<song>.+)_(?P<number>\d+)")
_FILES_PER_TASK = 250
# A recording gives many rows, and a task's rows wait in memory for their turn.
_RECORDINGS_PER_TASK = 25


def plan_paired_folders(root: pathlib.Path, *, pictures_of_sound: bool) -> Plan:
    """Plans folders of sounds and pictures of any classes.

    Args:
      root: the folder that holds everything.
      pictures_of_sound: sounds are pictures of spectrograms.

    Returns:
      A plan with stem or class pairing, as the files' names say. Folders of an unknown
      layout give a plan with one unknown_layout defect and no tasks.
    """
    try:
        found = find_files(root, pictures_of_sound=pictures_of_sound)
    except UnknownLayout as error:
        defect = Defect(".", "unknown_layout", str(error))
        return Plan((), "class", {}, defects=(defect,))
    pairing, reason = _pairing(found.files)
    if pairing == "stem":
        moments, orphans = _paired_moments(found.files, root)
    else:
        moments, orphans = _single_moments(found.files), []
    moments, held_out = hold_out(moments, found.files.keys())
    class_names = tuple(sorted({moment.name for moment in moments}))
    songs = tuple(sorted({f"{moment.name}/{moment.song}" for moment in moments}))
    untrained = set(class_names) - {m.name for m in moments if m.split == "train"}
    if untrained:
        held_out.append(f"classes without training files: {sorted(untrained)}.")
    recordings = pairing == "class" and not pictures_of_sound
    return Plan(
        class_names=class_names,
        pairing=pairing,
        tasks=_tasks(moments, class_names, songs, root, recordings=recordings),
        songs=songs,
        defects=(*found.defects, *orphans),
        notes=(*found.notes, reason, *held_out),
        identical="defect",
    )


def _pairing(listing: Listing) -> tuple[str, str]:
    """ "stem" or "class", and one sentence on why."""
    shared = possible = 0
    for classes in listing.values():
        for files in classes.values():
            images = {path.stem for path in files["image"]}
            sounds = {path.stem for path in files["sound"]}
            shared += len(images & sounds)
            possible += min(len(images), len(sounds))
    pairing = "stem" if 2 * shared >= possible else "class"
    return pairing, (
        f"{pairing}-aligned: of {possible} possible, {shared} stems are shared by a "
        "picture and a sound of one class; from half on, equal stems are taken for "
        "equal moments. Rename files if that is not what they mean."
    )


def _paired_moments(
    listing: Listing, root: pathlib.Path
) -> tuple[list[Moment], list[Defect]]:
    moments, defects = [], []
    for split, classes in listing.items():
        for name, files in classes.items():
            pairs, orphans = match_stems(files["image"], files["sound"], root)
            defects += orphans
            for pair in pairs:
                stem = _NUMBERED.fullmatch(pair[0].stem)
                song = stem["song"] if stem else pair[0].stem
                number = int(stem["number"]) if stem else 0
                moments.append(Moment(split, name, "pair", song, number, pair))
    return moments, defects


def _single_moments(listing: Listing) -> list[Moment]:
    return [
        Moment(split, name, kind, path.stem, 0, (path,))
        for split, classes in listing.items()
        for name, files in classes.items()
        for kind, paths in files.items()
        for path in paths
    ]


def _tasks(
    moments: list[Moment],
    class_names: tuple[str, ...],
    songs: tuple[str, ...],
    root: pathlib.Path,
    *,
    recordings: bool,
) -> dict[str, list[StemTask | ClassTask]]:
    """Tasks of one class and kind each, in a fixed order."""
    song_index = {song: index for index, song in enumerate(songs)}
    tasks: dict[str, list[StemTask | ClassTask]] = {}
    groups = grouped(moments, lambda moment: (moment.split, moment.name, moment.kind))
    for (split, name, kind), some in sorted(groups.items()):
        label = class_names.index(name)
        rows = [
            tuple(_file(moment, path, song_index, root) for path in moment.files)
            for moment in sorted(some)
        ]
        at_once = _FILES_PER_TASK
        if kind == "sound" and recordings:
            at_once = _RECORDINGS_PER_TASK
        for start in range(0, len(rows), at_once):
            columns = tuple(zip(*rows[start : start + at_once], strict=True))
            if kind == "pair":
                task = StemTask(label, *columns)
            elif kind == "image":
                task = ClassTask(label, images=columns[0], sounds=())
            else:
                task = ClassTask(label, images=(), sounds=columns[0])
            tasks.setdefault(split, []).append(task)
    return {split: tasks[split] for split in SPLITS if split in tasks}


def _file(
    moment: Moment, path: pathlib.Path, song_index: dict[str, int], root: pathlib.Path
) -> MediaFile:
    return MediaFile(
        path=str(path),
        shown=relative(path, root),
        stem=f"{moment.name}/{path.stem}",
        song=song_index[f"{moment.name}/{moment.song}"],
    )
