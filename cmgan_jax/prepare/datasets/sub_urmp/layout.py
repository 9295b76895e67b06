"""The released folders of Sub-URMP, planned file by file.

{img,chunk}/{train,validation}/{instrument}/{instrument}{SS}_{T}.{jpg,wav}: SS is the
song, T the start of its half second in ms. The released validation split becomes our
test split; our validation split is one song of every class taken from train.
"""

import collections
import dataclasses
import pathlib
import re

from cmgan_jax.prepare.folders import (
    list_folder,
    list_groups,
    list_media,
    match_stems,
    relative,
)
from cmgan_jax.prepare.media_tasks import MediaFile, StemTask
from cmgan_jax.prepare.plan import Defect, Plan

# Alphabetical, the label order of everyone who published on it.
CLASS_NAMES = (
    "bassoon",
    "cello",
    "clarinet",
    "double_bass",
    "flute",
    "horn",
    "oboe",
    "sax",
    "trombone",
    "trumpet",
    "tuba",
    "viola",
    "violin",
)
# Pairs per class counted in the released archive, in the order of CLASS_NAMES. The
# paper's Table 2 (14,333 and 3,502 pairs) is of an earlier version.
PUBLISHED = {
    "train": (
        *(1735, 9800, 8125, 1270, 5690, 5540, 4505),
        *(7615, 8690, 1015, 3285, 6530, 7430),
    ),
    "validation": (390, 1030, 945, 1180, 925, 525, 390, 910, 805, 520, 525, 485, 945),
}
LAYOUT = (
    "{img,chunk}/{train,validation}/{instrument}/{instrument}{SS}_{T}.{jpg,wav}, "
    "with LMS/ in place of chunk/ for --sound=pictures"
)
_STEM = re.compile(r"(?P<song>(?P<instrument>[a-z_]+)\d{2})_(?P<time_ms>\d+)")
_PAIRS_PER_TASK = 250
_WINDOW_MS = 500


@dataclasses.dataclass(frozen=True)
class _Pair:
    instrument: str
    song: str
    time_ms: int
    image: pathlib.Path
    sound: pathlib.Path


def plan_sub_urmp(root: pathlib.Path, *, pictures_of_sound: bool) -> Plan:
    """Plans Sub-URMP as released, or a part of it in the same folders.

    Args:
      root: the folder that holds img/ and chunk/ or LMS/.
      pictures_of_sound: read LMS/ instead of chunk/.

    Returns:
      A plan with stem pairing. Folders of another layout give a plan with one
      unknown_layout defect and no tasks.
    """
    sound_folder = "LMS" if pictures_of_sound else "chunk"
    present = {folder.name for folder in list_folder(root, root)[0]}
    missing = {"img", sound_folder} - present
    if missing:
        return _refusal(missing, present)
    others = sorted(present - {"img", sound_folder})
    notes = [f"not read: the folders {', '.join(others)}."] if others else []
    released, defects = {}, []
    for modality in ("img", sound_folder):
        defects += _unknown_splits(root / modality, root)
    for split in PUBLISHED:
        released[split], found = _pairs(root, sound_folder, split, present)
        defects += found
        notes.append(_compare(split, released[split]))
    defects += _drop_repeated(released, root)
    train, validation, taken = _carve(released["train"])
    notes += [taken, *_shared_songs(released)]
    splits = {"train": train, "validation": validation, "test": released["validation"]}
    songs = sorted({pair.song for pairs in splits.values() for pair in pairs})
    tasks = {name: _tasks(pairs, songs, root) for name, pairs in splits.items()}
    return Plan(
        class_names=CLASS_NAMES,
        pairing="stem",
        tasks={name: listed for name, listed in tasks.items() if listed},
        songs=tuple(songs),
        defects=tuple(defects),
        notes=tuple(notes),
    )


def _refusal(missing: set[str], present: set[str]) -> Plan:
    found = ", ".join(sorted(present)) or "no folders"
    advice = ""
    if missing == {"chunk"} and "LMS" in present:
        advice = " LMS/ is there: --sound=pictures reads it."
    detail = (
        f"is not Sub-URMP: {' and '.join(sorted(missing))} missing, found {found}; "
        f"expected {LAYOUT}.{advice}"
    )
    return Plan(
        CLASS_NAMES, "stem", {}, defects=(Defect(".", "unknown_layout", detail),)
    )


def _unknown_splits(folder: pathlib.Path, root: pathlib.Path) -> list[Defect]:
    folders, defects = list_groups(folder, root)
    names = {found.name for found in folders}
    for name in sorted(names ^ set(PUBLISHED)):
        detail = "is no split of Sub-URMP; those are train and validation."
        if name in PUBLISHED:
            detail = "is missing; expected the released split of this name."
        shown = relative(folder / name, root)
        defects.append(Defect(shown, "unknown_layout", detail))
    return defects


def _pairs(
    root: pathlib.Path, sound_folder: str, split: str, present: set[str]
) -> tuple[list[_Pair], list[Defect]]:
    """The pairs of one released split, sorted by class, song and time."""
    advice = ""
    if sound_folder == "chunk" and "LMS" in present:
        advice = " LMS/ holds pictures of sound: --sound=pictures reads those."
    images, defects = _files(root, "img", split)
    sounds, found = _files(root, sound_folder, split)
    defects += found
    pairs = []
    for instrument in CLASS_NAMES:
        files = {"img": images.get(instrument), sound_folder: sounds.get(instrument)}
        there = [modality for modality, found in files.items() if found]
        if len(there) == 1:
            shown = f"{there[0]}/{split}/{instrument}"
            detail = f"no file of the other modality has its class.{advice}"
            defects.append(Defect(shown, "one_modality", detail))
        if len(there) < 2:
            continue
        matched, orphans = match_stems(*files.values(), root, advice=advice)
        defects += orphans
        for image, sound in matched:
            name = _STEM.fullmatch(image.stem)
            pairs.append(
                _Pair(instrument, name["song"], int(name["time_ms"]), image, sound)
            )
    return sorted(pairs, key=lambda pair: (pair.song, pair.time_ms)), defects


def _files(
    root: pathlib.Path, modality: str, split: str
) -> tuple[dict[str, list[pathlib.Path]], list[Defect]]:
    """Files of every class whose names follow the pattern."""
    folder = root / modality / split
    folders, defects = list_groups(folder, root) if folder.exists() else ([], [])
    files = {}
    for of_class in folders:
        instrument = of_class.name
        if instrument not in CLASS_NAMES:
            detail = f"is none of the 13 classes: {', '.join(CLASS_NAMES)}."
            defects.append(Defect(relative(of_class, root), "unknown_layout", detail))
            continue
        listed, found = list_media(of_class, root)
        defects += found
        files[instrument] = []
        for path in listed:
            name = _STEM.fullmatch(path.stem)
            if name and name["instrument"] == instrument:
                files[instrument].append(path)
                continue
            detail = f"expected a name like {instrument}01_2400{path.suffix}."
            defects.append(Defect(relative(path, root), "file_name", detail))
    return files, defects


def _compare(split: str, pairs: list[_Pair]) -> str:
    """One sentence on how many pairs there are and how many were published."""
    found = collections.Counter(pair.instrument for pair in pairs)
    published = dict(zip(CLASS_NAMES, PUBLISHED[split], strict=True))
    different = [
        f"{name} {found[name]:,} of {count:,}"
        for name, count in published.items()
        if found[name] != count
    ]
    if not different:
        return f"{split}: {len(pairs):,} pairs, the published number of every class."
    return (
        f"{split}: {len(pairs):,} pairs where {sum(PUBLISHED[split]):,} were "
        f"published ({', '.join(different)})."
    )


def _drop_repeated(released: dict[str, list[_Pair]], root: pathlib.Path):
    """Removes from validation what train has too: a stem is one moment."""
    train = {pair.image.stem: pair for pair in released["train"]}
    repeated = [p for p in released["validation"] if p.image.stem in train]
    kept = [p for p in released["validation"] if p.image.stem not in train]
    released["validation"] = kept
    return [
        Defect(
            relative(path, root),
            "duplicate_stem",
            f"train has the same stem in {relative(train[path.stem].image, root)}, "
            "which is read instead.",
        )
        for pair in repeated
        for path in (pair.image, pair.sound)
    ]


def _shared_songs(released: dict[str, list[_Pair]]) -> list[str]:
    """A sentence on the songs that both released splits have, if there are any.

    They stay where they were released: the data are to be what everyone else has.
    """
    times = collections.defaultdict(list)
    for pair in released["train"]:
        times[pair.song].append(pair.time_ms)
    shared = [pair for pair in released["validation"] if pair.song in times]
    if not shared:
        return []
    overlapping = [
        pair
        for pair in shared
        if min(abs(pair.time_ms - time) for time in times[pair.song]) < _WINDOW_MS
    ]
    songs = ", ".join(sorted({pair.song for pair in shared}))
    return [
        f"songs in both the train and the validation folder: {songs}; {len(shared)} "
        f"moments of test are of these, and {len(overlapping)} of them overlap one of "
        "the train folder in time. They are kept."
    ]


def _carve(train: list[_Pair]) -> tuple[list[_Pair], list[_Pair], str]:
    """Takes the shortest song of every class that has two or more out of train."""
    lengths = collections.Counter((pair.instrument, pair.song) for pair in train)
    taken = set()
    for instrument in CLASS_NAMES:
        songs = [(n, song) for (name, song), n in lengths.items() if name == instrument]
        if len(songs) > 1:
            taken.add(min(songs)[1])
    kept = [pair for pair in train if pair.song not in taken]
    carved = [pair for pair in train if pair.song in taken]
    alone = [
        name
        for name in CLASS_NAMES
        if len([song for of, song in lengths if of == name]) == 1
    ]
    note = "the released validation split is test"
    if taken:
        note += f"; validation is these songs of train: {', '.join(sorted(taken))}"
    if alone:
        note += f"; one song only, hence none in validation: {', '.join(alone)}"
    return kept, carved, f"{note}."


def _tasks(pairs: list[_Pair], songs: list[str], root: pathlib.Path) -> list[StemTask]:
    """Tasks of one class each and of at most _PAIRS_PER_TASK pairs."""
    index = {song: number for number, song in enumerate(songs)}
    tasks = []
    for label, instrument in enumerate(CLASS_NAMES):
        of_class = [pair for pair in pairs if pair.instrument == instrument]
        for start in range(0, len(of_class), _PAIRS_PER_TASK):
            some = of_class[start : start + _PAIRS_PER_TASK]
            tasks.append(
                StemTask(
                    label,
                    tuple(_file(pair, pair.image, index, root) for pair in some),
                    tuple(_file(pair, pair.sound, index, root) for pair in some),
                )
            )
    return tasks


def _file(
    pair: _Pair, path: pathlib.Path, index: dict[str, int], root: pathlib.Path
) -> MediaFile:
    return MediaFile(
        str(path), relative(path, root), path.stem, index[pair.song], pair.time_ms
    )
