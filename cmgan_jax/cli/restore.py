"""Fills stretches of a film in which sound or picture is missing, from the other one.

    python -m cmgan_jax restore --input=film.mp4 --output=whole.mp4

Silent sound and black pictures are found; other stretches are given by their times in
seconds, such as --sound=3.5-5,12-13.25 --pictures=20-22, and with --find= alone. What
fills them is listed in OUT.json and on the page OUT.html; all else is copied, packet by
packet. MP4, MOV and MKV with sound in AAC and pictures in H.264. --workdir, once for
each direction, names systems of your own.
"""

import dataclasses
import itertools
import sys
from pathlib import Path

from absl import flags

from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.restoring import Restored, Search, restore
from cmgan_jax.generation.translator import load
from cmgan_jax.media.survey import REASONS
from cmgan_jax.reporting.restoration import write_restoration
from cmgan_jax.runtime.names import counted, shown
from cmgan_jax.runtime.outputs import require_free
from cmgan_jax.runtime.whole_file import write_json
from cmgan_jax.signals.direction import DIRECTIONS
from cmgan_jax.training.rng import MOST_SEED

WORKDIR = flags.DEFINE_multi_string(
    "workdir",
    [],
    "Folder of a trained run, or a file of weights; once for each direction. Left out: "
    "the model inside the package.",
)
INPUT = flags.DEFINE_string("input", None, "The film.", required=True)
OUTPUT = flags.DEFINE_string(
    "output", None, "The film to be written, with the suffix of --input.", required=True
)
SOUND = flags.DEFINE_list(
    "sound", [], "Stretches of sound to be filled, such as 3.5-5,12-13.25 (seconds)."
)
PICTURES = flags.DEFINE_list("pictures", [], "Stretches of pictures to be filled.")
FIND = flags.DEFINE_list(
    "find",
    ["silence", "black"],
    f"What is looked for, of {', '.join(REASONS)}. A film of slides looks frozen.",
)
SHORTEST = flags.DEFINE_float(
    "shortest", 0.5, "Of stretches that are found, in seconds.", lower_bound=0.1
)
SEED = flags.DEFINE_integer(
    "seed",
    0,
    "Of the noise: the same seed, the same result.",
    lower_bound=0,
    upper_bound=MOST_SEED,
)
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Results may replace what is there.")
HELP = {
    "What goes in": (INPUT, WORKDIR),
    "What comes out": (OUTPUT, OVERWRITE),
    "What is filled": (FIND, SHORTEST, SOUND, PICTURES),
    "How it is made": (SEED,),
}


def main() -> None:
    """Restores a film, and says what was filled and what was not."""
    film, output = Path(INPUT.value), Path(OUTPUT.value)
    unknown = set(FIND.value) - {*REASONS, ""}
    if unknown:
        raise ValueError(
            f"--find={','.join(sorted(unknown))} is unknown; known: "
            f"{', '.join(REASONS)}."
        )
    search = Search(
        sound=_spans("sound", SOUND.value),
        pictures=_spans("pictures", PICTURES.value),
        find=frozenset(FIND.value) - {""},
        shortest=SHORTEST.value,
    )
    if output.resolve() == film.resolve():
        raise ValueError("--output is --input: name another file.")
    listing, page = (output.with_suffix(end) for end in (".json", ".html"))
    require_free(
        output.parent,
        [path.name for path in (output, listing, page)],
        overwrite=OVERWRITE.value,
        output_is="--output",
    )
    translator = load(*WORKDIR.value)
    known = {way.name for way in translator.directions}
    restored = restore(
        film,
        output,
        [translator.model(name) for name in DIRECTIONS if name in known],
        search=search,
        settings=PieceSettings(seed=SEED.value),
        replace=OVERWRITE.value,
        told=lambda stage: print(f"restore: {stage}", file=sys.stderr, flush=True),
    )
    write_json(listing, {"film": shown(film), **dataclasses.asdict(restored)})
    write_restoration(page, restored, film=film.name, output=output.name)
    print("\n".join([*_told(restored), f"{shown(output)}, listed in {shown(page)}"]))


def _spans(flag: str, given: list[str]) -> tuple[tuple[float, float], ...]:
    """Stretches in order, apart.

    Raises:
      ValueError: one is no stretch, or two overlap.
    """
    spans = []
    for text in given:
        start, dash, end = text.partition("-")
        try:
            span = (float(start), float(end))
        except ValueError:
            span = (0.0, 0.0)
        if not dash or span[0] >= span[1]:
            raise ValueError(
                f"--{flag}={text}: expected two times in seconds, such as 3.5-5."
            )
        spans.append(span)
    spans.sort()
    for before, after in itertools.pairwise(spans):
        if after[0] < before[1]:
            raise ValueError(f"--{flag}: {before} and {after} overlap; join them.")
    return tuple(spans)


def _told(restored: Restored) -> list[str]:
    lines = [
        f"{one.start:.2f} to {one.end:.2f} s, {one.modality}, {one.reason}: "
        + (f"filled from the {one.filled_from}" if one.filled_from else one.note)
        for one in restored.stretches
    ]
    lines = lines or ["No stretch is missing: the film was copied."]
    new = counted(restored.new_sound, "packet") + " of sound and "
    return [*lines, f"New: {new}{restored.new_pictures:,} of pictures."]
