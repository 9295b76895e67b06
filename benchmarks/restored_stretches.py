"""Known stretches are cut out of films of the pocket orchestra, filled, and judged.

    python benchmarks/restored_stretches.py --data=data/pocket_orchestra \\
        --workdir=runs/s2i --workdir=runs/i2s --films=13 --keep=films

Films of `test` songs, a class each in turn: a second of sound is silenced, a second of
pictures blacked. What the stored judges recognise in the stretches is printed as JSON:
of the films as they were, cut, and filled. Sounds are judged in whole windows within
the stretch, pictures between its fades. With --keep the films stay in a folder.
"""

import argparse
import dataclasses
import json
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.evaluation.judges import stored_judges
from cmgan_jax.generation.filling import PICTURE_FADE
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.restoring import Search, restore
from cmgan_jax.generation.translator import load
from cmgan_jax.media.film_writing import write_film
from cmgan_jax.media.films import open_film
from cmgan_jax.media.log_mel import encode_windows
from cmgan_jax.media.pictures import squeeze
from cmgan_jax.media.windows import windows_of
from cmgan_jax.prepare.datasets.pocket_orchestra.performance import (
    CLASS_NAMES,
    perform,
    plan_songs,
)
from cmgan_jax.runtime.progress import Progress
from cmgan_jax.signals.representation import Representation

SOUND, PICTURES = (1.0, 2.0), (2.6, 3.6)  # cut out, in seconds
RATE = 10  # pictures in a second, as the data set's
SIDE = 256


def write(path, performed, representation, *, cut: bool) -> None:
    """A song as a film, whole or with its stretches cut out."""
    hop = representation.sample_rate // RATE
    sound = performed.windows[:-1, :hop].ravel()
    time = np.arange(len(sound)) / representation.sample_rate
    pictures = performed.images[:-1].copy()
    if cut:
        sound = np.where((time >= SOUND[0]) & (time < SOUND[1]), 0, sound)
        black = np.arange(len(pictures)) / RATE
        pictures[(black >= PICTURES[0]) & (black < PICTURES[1])] = 0
    with write_film(
        path,
        frame_rate=Fraction(RATE),
        size=(SIDE, SIDE),
        sample_rate=representation.sample_rate,
        channels=1,
    ) as film:
        for number, picture in enumerate(pictures):
            film.show(picture)
            film.sound.write(sound[number * hop : (number + 1) * hop, None])


def stretches_of(path, representation):
    """Pictures and windows of sound that lie in the stretches, as judges see them."""
    with open_film(path) as film:
        first, last = PICTURES[0] + PICTURE_FADE, PICTURES[1] - PICTURE_FADE
        times = np.arange(first + 0.05, last, 1 / RATE)
        seen = [squeeze(film.at(t), representation.image_size) for t in times]
    heard = []
    for starts, windows in windows_of(path, representation, 0.1):
        last = SOUND[1] - representation.window_seconds
        inside = (starts / 1000 >= SOUND[0]) & (starts / 1000 <= last + 1e-6)
        heard.append(encode_windows(windows[inside], representation))
    return {"image": np.stack(seen), "sound": np.concatenate(heard)}


def main() -> None:
    """Prints what judges recognise before, in between and after."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workdir", action="append", default=[])
    parser.add_argument("--films", type=int, default=len(CLASS_NAMES))
    parser.add_argument("--keep", type=Path)
    flags = parser.parse_args()
    prepared, translator = open_prepared(flags.data), load(*flags.workdir)
    models = [translator.model(name) for name in ("s2i", "i2s")]
    representation: Representation = prepared.representation
    judges = {m: stored_judges(prepared, m) for m in ("image", "sound")}
    by_class = {name: [] for name in CLASS_NAMES}
    for song in plan_songs(0)["test"]:
        by_class[song.instrument].append(song)
    songs = [some[k] for k in range(8) for some in by_class.values()][: flags.films]
    right = {(s, m): [] for s in ("whole", "cut", "filled") for m in judges}
    progress, filled = Progress("restore", len(songs), unit="films"), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = flags.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number, song in enumerate(songs):
            performed = perform(
                song,
                sample_rate=representation.sample_rate,
                window_seconds=representation.window_seconds,
                image_size=representation.image_size,
            )
            paths = {
                s: folder / f"{song.name}_{s}.mp4" for s in ("whole", "cut", "filled")
            }
            write(paths["whole"], performed, representation, cut=False)
            write(paths["cut"], performed, representation, cut=True)
            done = restore(
                paths["cut"],
                paths["filled"],
                models,
                search=Search(),
                settings=PieceSettings(),
                replace=True,
            )
            filled += [dataclasses.asdict(one) for one in done.stretches]
            label = prepared.class_names.index(song.instrument)
            for state, path in paths.items():
                for modality, items in stretches_of(path, representation).items():
                    guesses = [judge.guess(items) for judge in judges[modality]]
                    right[state, modality].append(
                        [float(np.mean(guess == label)) for guess in guesses]
                    )
            progress.update(number + 1, song.name)
    table = {
        f"{modality}, {state}": {
            judge.name: round(float(np.mean([row[i] for row in rows])), 3)
            for i, judge in enumerate(judges[modality])
        }
        for (state, modality), rows in right.items()
    }
    found = sum(one["filled_from"] != "" for one in filled)
    result = {"films": len(songs), "chance": round(1 / len(CLASS_NAMES), 3)}
    print(json.dumps({**result, "stretches": found, "recognised": table}, indent=2))


if __name__ == "__main__":
    main()
