"""Which files will be written, known before the first one is."""

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cmgan_jax.generation.inputs import Input
from cmgan_jax.generation.media_in import Content
from cmgan_jax.runtime.names import same_but_case


@dataclasses.dataclass(frozen=True)
class Planned:
    """One input, read to its end, and what its results are called.

    Attributes:
      input: the file.
      content: when it sounds.
      stem: that the names of its results begin with.
      whole: whether it becomes one piece, not a result for every window.
    """

    input: Input
    content: Content
    stem: str
    whole: bool = False

    @property
    def sources(self) -> int:
        """What results are made of: windows of sound, a picture, or a whole piece."""
        return 1 if self.whole else len(self.content.starts)

    def names(self, samples: int) -> Iterator[Path]:
        """Names of its results without suffixes, below the output folder."""
        starts = [0] if self.whole else self.content.starts
        for start in starts:
            for sample in range(samples):
                yield self.name(int(start), sample, samples)

    def name(self, start_ms: int, sample: int, samples: int) -> Path:
        """The name of one result without suffix, below the output folder.

        The first window of a sound is called as the file. Others have their start in
        ms, with as many digits as the last one's: sorted by name, they follow in time.
        """
        digits = len(str(self.content.starts[-1]))
        start = f"_{start_ms:0{digits}d}" if start_ms else ""
        number = f"_{sample + 1}" if samples > 1 else ""
        return self.input.name.parent / f"{self.stem}{start}{number}"

    @property
    def is_renamed(self) -> bool:
        """Whether the results are not called as the file is, less its suffix."""
        return self.stem != self.input.name.stem


def plan_results(
    read: Sequence[tuple[Input, Content]],
    samples: int,
    is_whole: Callable[[Content], bool] = lambda content: False,
) -> tuple[Planned, ...]:
    """Names for the results of all inputs, no two alike but for capitals.

    A result is called as its file; of files that differ in their suffixes only, each
    one's results keep the suffix ("b.wav.png", "b.flac.png"), and a number is added
    where even that is taken.

    Args:
      read: the inputs with what they hold.
      samples: results of each source.
      is_whole: whether what is read becomes one piece.
    """
    stems = collections.Counter(_key(given.name.with_suffix("")) for given, _ in read)
    taken: set[str] = set()
    planned = []
    for given, content in read:
        alone = stems[_key(given.name.with_suffix(""))] == 1
        first = given.name.stem if alone else given.name.name
        for number in itertools.count(1):
            stem = first if number == 1 else f"{first}~{number}"
            one = Planned(given, content, stem, is_whole(content))
            keys = {_key(name) for name in one.names(samples)}
            if taken.isdisjoint(keys):
                break
        taken |= keys
        planned.append(one)
    return tuple(planned)


def _key(name: Path) -> str:
    return same_but_case(str(name))
