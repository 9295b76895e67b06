"""Rows that are byte for byte the same in different splits.

A picture or sound that is in train and in test as well tests nothing, and files are
easily copied under another name. Equal bytes are recognised by a digest of 64 bits;
about 300 bytes of memory per row and modality. Rows of one value only (a black picture,
silence) are equal by nature and not compared.
"""

import collections
import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, UInt8

from cmgan_jax.data.integrity import MODALITIES
from cmgan_jax.data.items import Items, Split
from cmgan_jax.prepare.judging import JUDGING, TRAIN, is_divided, split_names
from cmgan_jax.prepare.plan import Defect, Plan
from cmgan_jax.runtime.names import counted

EXAMPLES = 5
KIND = "identical_across_splits"


@dataclasses.dataclass(frozen=True)
class _Match:
    """A row whose bytes other splits had before.

    Attributes:
      modality: "image" or "sound".
      split: its split.
      stem: its stem.
      earlier: other split to the stem of the first such row there.
    """

    modality: str
    split: str
    stem: str
    earlier: dict[str, str]


class IdenticalRows:
    """Compares rows as they arrive with those of all other splits."""

    def __init__(self, plan: Plan):
        """Starts with no rows.

        Args:
          plan: its splits, its pairing, and in `identical` what is done with such rows.
        """
        self._splits = split_names(plan)
        self._is_divided = is_divided(plan)
        self._pairing = plan.pairing
        self._removes = plan.identical == "defect"
        # By modality and digest: the splits that have it, each with its first stem.
        self._seen: dict[str, dict[bytes, tuple[tuple[str, str], ...]]] = {
            modality: {} for modality in MODALITIES
        }
        self._matches: list[_Match] = []

    def sift(self, split: str, rows: Split) -> tuple[Split, list[Defect]]:
        """The rows to keep, and the defects among them.

        Where identical rows are defects, the row that arrives later is left out, with
        stem pairing the other modality's row of its moment too. Between train and what
        is set aside of it for judges, it is left out but no defect.

        Args:
          split: where the rows go.
          rows: as a task produced them.
        """
        keys = {kind: _digests(getattr(rows, kind).array) for kind in MODALITIES}
        kept, defects = {}, []
        for kind in MODALITIES:
            stems = getattr(rows, kind).stem.tolist()
            matches = self._compare(kind, split, keys[kind], stems)
            kept[kind] = np.array([match is None for match in matches], bool)
            found = [match for match in matches if match]
            self._matches += found
            defects += self._defects(found)
        if not self._removes:
            kept, defects = {k: np.ones_like(v) for k, v in kept.items()}, []
        elif self._pairing == "stem":
            kept = dict.fromkeys(MODALITIES, kept["image"] & kept["sound"])
        for kind in MODALITIES:
            self._remember(kind, split, keys[kind], getattr(rows, kind), kept[kind])
        return Split(*(getattr(rows, k).take(kept[k]) for k in MODALITIES)), defects

    def put_back(self) -> int:
        """Counts judging as train from now on.

        Returns:
          Matches between those two, which are none any more.
        """
        before = len(self._matches)
        renamed = []
        for match in self._matches:
            split = TRAIN if match.split == JUDGING else match.split
            earlier = {
                TRAIN if name == JUDGING else name: stem
                for name, stem in reversed(match.earlier.items())
            }
            earlier.pop(split, None)
            if earlier:
                renamed.append(_Match(match.modality, split, match.stem, earlier))
        self._matches = renamed
        return before - len(renamed)

    def summary(self) -> list[dict[str, Any]]:
        """One entry for every modality and pair of splits that share rows, JSON.

        Its "rows" are those that arrived when the other split had the same bytes.
        """
        pairs = collections.defaultdict(list)
        for match in self._matches:
            for other, stem in match.earlier.items():
                stems = {match.split: match.stem, other: stem}
                splits = tuple(sorted(stems, key=self._splits.index))
                pairs[splits, match.modality].append({s: stems[s] for s in splits})
        return [
            {
                "splits": list(splits),
                "modality": modality,
                "rows": len(stems),
                "left_out": self._removes,
                "examples": stems[:EXAMPLES],
            }
            for (splits, modality), stems in pairs.items()
        ]

    def _compare(
        self,
        modality: str,
        split: str,
        keys: Sequence[bytes | None],
        stems: Sequence[str],
    ) -> list[_Match | None]:
        matches = []
        for key, stem in zip(keys, stems, strict=True):
            earlier = self._seen[modality].get(key, ())
            others = {name: first for name, first in earlier if name != split}
            match = _Match(modality, split, stem, others) if others else None
            matches.append(match)
        return matches

    def _defects(self, matches: Sequence[_Match]) -> list[Defect]:
        """Names the splits as the material does: what judges get is of its train."""
        defects = []
        for match in matches:
            split, (other, stem) = match.split, next(iter(match.earlier.items()))
            if self._is_divided:
                split, other = (TRAIN if s == JUDGING else s for s in (split, other))
            if split != other:
                detail = (
                    f"this {match.modality} of the split {split} is byte for byte that "
                    f"of {stem} in {other}."
                )
                defects.append(Defect(match.stem, KIND, detail))
        return defects

    def _remember(
        self,
        modality: str,
        split: str,
        keys: Sequence[bytes | None],
        items: Items,
        kept: Bool[np.ndarray, " n"],
    ) -> None:
        seen = self._seen[modality]
        for key, stem, keep in zip(keys, items.stem.tolist(), kept, strict=True):
            earlier = seen.get(key, ())
            if keep and key is not None and split not in dict(earlier):
                seen[key] = (*earlier, (split, stem))


def describe(summary: Sequence[dict[str, Any]]) -> list[str]:
    """One sentence for every entry of `IdenticalRows.summary`."""
    return [
        f"{counted(entry['rows'], entry['modality'] + ' row')} of the same bytes in "
        f"{' and '.join(entry['splits'])} "
        f"({'left out of one' if entry['left_out'] else 'kept in both'}), such as "
        f"{' and '.join(entry['examples'][0].values())}."
        for entry in summary
    ]


def _digests(array: UInt8[np.ndarray, "n h w c"]) -> list[bytes | None]:
    """A digest of every row, None for rows of one value only."""
    varied = _varied(array)
    return [
        hashlib.blake2b(np.ascontiguousarray(row), digest_size=8).digest()
        if varied[index]
        else None
        for index, row in enumerate(array)
    ]


def _varied(array: UInt8[np.ndarray, "n h w c"]) -> Bool[np.ndarray, " n"]:
    return (array != array[:, :1, :1]).any(axis=(1, 2, 3))
