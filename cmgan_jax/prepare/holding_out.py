"""Which moments are held out of training where nobody released a split.

Splits that the folders do not name are made of whole songs of train. A class of too few
songs is cut into runs of neighbours instead, and moments at the borders between splits
are left out, so that no window is heard in two splits.
"""

import collections
import dataclasses
import hashlib
import itertools
import pathlib
from collections.abc import Callable, Iterable

from cmgan_jax.prepare.moments import HOP_SECONDS
from cmgan_jax.prepare.names import by_number

HELD_OUT = 0.1
_BLOCKS = 10


@dataclasses.dataclass(frozen=True)
class Moment:
    """A pair of files of one moment, or one file that has no partner by design.

    Attributes:
      split: train, validation or test.
      name: its class.
      kind: "pair", or "image" or "sound" in a class-aligned set.
      song: what it may not be parted from, within its class.
      number: its place in the song.
      files: the picture and the sound, or the one file.
      block: which run of neighbours it is in if its song is cut, else -1.
    """

    split: str
    name: str
    kind: str
    song: str
    number: int
    files: tuple[pathlib.Path, ...]
    block: int = -1

    @property
    def unit(self) -> str:
        """What goes into one split as a whole: the song, or a block of it."""
        return self.song if self.block < 0 else f"{self.song}#{self.block}"


def place(moment: Moment) -> tuple:
    """Sorts the moments of a class by song and number, songs by number as well."""
    return by_number(moment.song), moment.number, moment.files


def hold_out(
    moments: list[Moment], released: Iterable[str], *, window_seconds: float
) -> tuple[list[Moment], list[str]]:
    """Moments with every split, those that nobody released taken out of train.

    Args:
      moments: with the splits that their folders name.
      released: the splits that folders name.
      window_seconds: length of a window of sound.

    Returns:
      Moments, and sentences on what was held out and what was left out.
    """
    released, notes = set(released), []
    if "validation" in released and "test" not in released:
        moments = [
            dataclasses.replace(moment, split="test")
            if moment.split == "validation"
            else moment
            for moment in moments
        ]
        released = released - {"validation"} | {"test"}
        notes.append("the validation folder is the test split.")
    missing = [split for split in ("validation", "test") if split not in released]
    if not missing:
        return moments, notes
    result = [moment for moment in moments if moment.split != "train"]
    uncarved = []
    for (split, name), some in grouped(moments, lambda m: (m.split, m.name)).items():
        if split == "train":
            carved = _carve(some, missing)
            if {moment.split for moment in carved} == {"train"}:
                uncarved.append(name)
            carved, left_out = _part_blocks(carved, window_seconds)
            result += carved
            notes += left_out
    notes.append(
        f"{' and '.join(missing)}: {HELD_OUT:.0%} of the songs of every class, chosen "
        "by a hash of their names."
    )
    if uncarved:
        notes.append(f"too few songs to hold any out: {', '.join(sorted(uncarved))}.")
    return result, notes


def grouped(moments: Iterable[Moment], key: Callable) -> dict:
    """Lists of moments by what a function says of them."""
    groups = collections.defaultdict(list)
    for moment in moments:
        groups[key(moment)].append(moment)
    return groups


def _carve(train: list[Moment], missing: list[str]) -> list[Moment]:
    """One class's training moments, whole units of every kind moved to new splits."""
    kinds = grouped(train, lambda moment: moment.kind)
    if "pair" in kinds and len({m.song for m in kinds["pair"]}) <= len(missing):
        kinds["pair"] = _blocks(kinds["pair"])
    units = {kind: {m.unit for m in some} for kind, some in kinds.items()}
    if min(map(len, units.values())) <= len(missing):
        return train
    result = []
    for kind, some in kinds.items():
        ranked = sorted(units[kind], key=lambda unit: _hash(f"{some[0].name}/{unit}"))
        count = max(1, round(HELD_OUT * len(ranked)))
        split_of = {
            unit: split
            for index, split in enumerate(missing)
            for unit in ranked[index * count : (index + 1) * count]
        }
        result += [
            dataclasses.replace(m, split=split_of.get(m.unit, "train")) for m in some
        ]
    return result


def _blocks(moments: list[Moment]) -> list[Moment]:
    """Too few songs cut into runs of neighbours."""
    ordered = sorted(moments, key=place)
    length = -(-len(ordered) // _BLOCKS)
    return [
        dataclasses.replace(moment, block=index // length)
        for index, moment in enumerate(ordered)
    ]


def _part_blocks(
    moments: list[Moment], window_seconds: float
) -> tuple[list[Moment], list[str]]:
    """One class's moments without those at borders between splits within a song.

    As many as start within a window are left out at a border, fewer where a run of
    neighbours in one split would lose more than a quarter at that end.

    Returns:
      Moments, and a sentence if any songs were cut.
    """
    if moments[0].block < 0:
        return moments, []
    ordered = sorted(moments, key=place)
    by_split = itertools.groupby(ordered, key=lambda m: (m.song, m.split))
    runs = [list(run) for _, run in by_split]
    starts, ends = [0] * len(runs), [len(run) for run in runs]
    gap, gaps = round(window_seconds / HOP_SECONDS), []
    for left, right in itertools.pairwise(range(len(runs))):
        if runs[left][0].song != runs[right][0].song:
            continue
        spare = [len(runs[side]) // 4 for side in (left, right)]
        after = min(gap - min(gap // 2, spare[0]), spare[1])
        before = min(gap - after, spare[0])
        ends[left] -= before
        starts[right] = after
        gaps.append(before + after)
    kept = [m for run, i, j in zip(runs, starts, ends, strict=True) for m in run[i:j]]
    return kept, [
        f"{moments[0].name}: too few songs, hence cut into {_BLOCKS} runs of "
        f"neighbours; {len(moments) - len(kept)} moments at the borders between splits "
        f"are left out, at least {min(gaps, default=0)} at each (windows of "
        f"{window_seconds:g} s that start every {HOP_SECONDS:g} s overlap unless "
        f"{gap - 1} are missing)."
    ]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
