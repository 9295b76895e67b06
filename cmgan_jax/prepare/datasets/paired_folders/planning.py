"""How people's own files belong together, and which split each goes to.

Stem-aligned: picture x and sound x are one moment, film x and sound x are many.
Class-aligned: files share only their class. `pairing` decides which.

With class-aligned files, a song is one recording or one picture; with stem-aligned
ones, all moments whose stems differ only in a last _NUMBER. `holding_out` parts songs
into splits.
"""

import pathlib
import re

from cmgan_jax.prepare.datasets.paired_folders.classes import Listing
from cmgan_jax.prepare.datasets.paired_folders.layout import (
    SPLITS,
    UnknownLayout,
    find_files,
)
from cmgan_jax.prepare.datasets.paired_folders.pairing import decide_pairing
from cmgan_jax.prepare.folders import is_named_film, match_stems, relative
from cmgan_jax.prepare.holding_out import (
    Moment,
    grouped,
    hold_out,
    place,
)
from cmgan_jax.prepare.media_tasks import ClassTask, MediaFile, StemTask
from cmgan_jax.prepare.names import same
from cmgan_jax.prepare.plan import Defect, Plan
from cmgan_jax.runtime.names import counted, shown

_NUMBERED = re.compile(r"(?P<song>.+)_(?P<number>\d+)")
_FILES_PER_TASK = 250
# A recording gives many rows, and a task's rows wait in memory for their turn.
_RECORDINGS_PER_TASK = 25
_FILMS_PER_TASK = 1
# Fewer pictures or recordings of a class than this leave none to hold out.
_SEVERAL = 3


def plan_paired_folders(
    root: pathlib.Path,
    *,
    pictures_of_sound: bool,
    pairing: str = "auto",
    window: str = "loudest",
    window_seconds: float = 0.5,
) -> Plan:
    """Plans folders of sounds and pictures of any classes.

    Args:
      root: the folder that holds everything.
      pictures_of_sound: sounds are pictures of spectrograms.
      pairing: "stem" or "class", or "auto": as the files' names say.
      window: which window of a recording belongs to the picture of its name, see
        `moments.WINDOWS`.
      window_seconds: how long a window is.

    Returns:
      A plan. Folders of an unknown layout give a plan with one unknown_layout defect
      and no tasks.

    Raises:
      ValueError: names nearly match and nobody says what that means, see `pairing`.
    """
    try:
        found = find_files(root, pictures_of_sound=pictures_of_sound)
    except UnknownLayout as error:
        defect = Defect(".", "unknown_layout", str(error))
        return Plan((), "class", {}, defects=(defect,))
    pairing, reason = decide_pairing(found.files, pairing)
    notes = [*found.notes, reason]
    if pairing == "stem":
        moments, orphans = _paired_moments(found.files, root)
    else:
        moments, orphans = _single_moments(found.files), []
        notes += _lopsided(found.files)
    moments, held_out = hold_out(
        moments, found.files.keys(), window_seconds=window_seconds
    )
    class_names = tuple(sorted({moment.name for moment in moments}))
    songs = tuple(sorted({f"{moment.name}/{moment.song}" for moment in moments}))
    untrained = set(class_names) - {m.name for m in moments if m.split == "train"}
    if untrained:
        held_out.append(f"classes without training files: {sorted(untrained)}.")
    recordings = pairing == "class" and not pictures_of_sound
    return Plan(
        class_names=class_names,
        pairing=pairing,
        tasks=_tasks(
            moments, class_names, songs, root, recordings=recordings, window=window
        ),
        songs=songs,
        defects=(*found.defects, *orphans),
        notes=(*notes, *held_out),
        identical="defect",
    )


def _lopsided(listing: Listing) -> list[str]:
    """A sentence for every class with hardly any files of one modality."""
    notes = []
    for name, files in sorted(listing["train"].items()):
        images, sounds = len(files["image"]), len(files["sound"])
        if min(images, sounds) < _SEVERAL <= max(images, sounds):
            notes.append(
                f"{shown(name)}: {counted(images, 'picture')} for "
                f"{counted(sounds, 'sound')}. Expected are several of each, better "
                "dozens: a model learns what those of a class have in common, and of "
                "one it learns that one by heart."
            )
    return notes


def _paired_moments(
    listing: Listing, root: pathlib.Path
) -> tuple[list[Moment], list[Defect]]:
    moments, defects = [], []
    for split, classes in listing.items():
        for name, files in classes.items():
            pairs, orphans = match_stems(files["image"], files["sound"], root)
            defects += orphans
            for pair in pairs:
                stem = _stem(pair[0])
                numbered = _NUMBERED.fullmatch(stem)
                song = numbered["song"] if numbered else stem
                number = int(numbered["number"]) if numbered else 0
                moments.append(Moment(split, shown(name), "pair", song, number, pair))
    return moments, defects


def _single_moments(listing: Listing) -> list[Moment]:
    return [
        Moment(split, shown(name), kind, _stem(path), 0, (path,))
        for split, classes in listing.items()
        for name, files in classes.items()
        for kind, paths in files.items()
        for path in paths
    ]


def _stem(path: pathlib.Path) -> str:
    """A stem as text that is the same on every system."""
    return shown(same(path.stem))


def _tasks(
    moments: list[Moment],
    class_names: tuple[str, ...],
    songs: tuple[str, ...],
    root: pathlib.Path,
    *,
    recordings: bool,
    window: str,
) -> dict[str, list[StemTask | ClassTask]]:
    """Tasks of one class and kind each, in a fixed order."""
    song_index = {song: index for index, song in enumerate(songs)}
    tasks: dict[str, list[StemTask | ClassTask]] = {}
    groups = grouped(moments, lambda moment: (moment.split, moment.name, moment.kind))
    for (split, name, kind), some in sorted(groups.items()):
        label = class_names.index(name)
        rows = [
            tuple(_file(moment, path, song_index, root) for path in moment.files)
            for moment in sorted(some, key=place)
        ]
        at_once = _FILES_PER_TASK
        if kind == "sound" and recordings:
            at_once = _RECORDINGS_PER_TASK
        elif any(is_named_film(moment.files[0]) for moment in some):
            at_once = _FILMS_PER_TASK
        for start in range(0, len(rows), at_once):
            columns = tuple(zip(*rows[start : start + at_once], strict=True))
            if kind == "pair":
                task = StemTask(label, *columns, window=window)
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
        stem=f"{moment.name}/{_stem(path)}",
        song=song_index[f"{moment.name}/{moment.song}"],
    )
