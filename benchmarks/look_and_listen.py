"""What a model makes of songs that nobody learnt, to look at and to listen to.

    python benchmarks/look_and_listen.py --data=data/pocket_orchestra --output=docs

Writes OUTPUT/sheet.png (of every class what was given, what is real, and what was made,
both ways), OUTPUT/pictures.png (64 pictures made), OUTPUT/sounds (two sounds made of
every class; the name says the class and the note that the picture shows) and
OUTPUT/examples (a sound and a picture of every class, to try `generate` on). The model
is that of the package; with --model, those of workdirs or of a file of weights.
"""

from pathlib import Path

import matplotlib.figure
import numpy as np
from absl import app, flags

import cmgan_jax
from cmgan_jax.data.order import partners
from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.generation.media_out import waveform_maker
from cmgan_jax.media.pictures import write_picture
from cmgan_jax.media.sound_writing import write_wav
from cmgan_jax.runs.writers import grid
from cmgan_jax.signals.direction import DIRECTIONS
from cmgan_jax.signals.pictures import as_picture

_DATA = flags.DEFINE_string("data", None, "Folder of prepared data.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for all of it.", required=True)
_MODEL = flags.DEFINE_multi_string("model", [], "Workdirs, or a file of weights.")
_SPLIT = flags.DEFINE_string("split", "test_performers", "Where sources are from.")
_SEED = flags.DEFINE_integer("seed", 0, "Of the noise.")
_SHEET = 64  # pictures on the sheet of pictures alone
_EACH = 2  # sounds of every class


def spread(label: np.ndarray, each: int) -> np.ndarray:
    """Rows of every class, evenly spread, class by class."""
    found = (np.flatnonzero(label == one) for one in np.unique(label))
    return np.concatenate(
        [rows[(np.arange(each) * 2 + 1) * len(rows) // (2 * each)] for rows in found]
    )


def draw(columns: list[str], rows: dict[str, np.ndarray], path: Path) -> None:
    """Pictures [n h w 3] of several rows with the names of rows and columns."""
    figure = matplotlib.figure.Figure(
        figsize=(1.05 * len(columns) + 1.2, 1.05 * len(rows) + 0.3)
    )
    axes = figure.subplots(
        len(rows),
        len(columns),
        gridspec_kw={
            "wspace": 0.04, "hspace": 0.04,
            "left": 0.09, "right": 0.995, "bottom": 0.01, "top": 0.95,
        },
    )  # fmt: skip
    for line, (title, pictures) in zip(axes, rows.items(), strict=True):
        for place, picture in zip(line, pictures, strict=True):
            place.imshow(picture, interpolation="nearest")
            place.set(xticks=[], yticks=[])
            place.spines[:].set_visible(False)
        line[0].set_ylabel(title, rotation=0, ha="right", va="center", fontsize=8)
    for place, name in zip(axes[0], columns, strict=True):
        place.set_title(name.replace("_", " "), fontsize=8, pad=3)
    figure.savefig(path, dpi=110)


def shown(items: np.ndarray) -> np.ndarray:
    """Items as pictures for people, [n h w 3]."""
    return np.stack([as_picture(item) for item in items])


def write_sounds(folder: Path, names, items, waveforms, sample_rate: int) -> None:
    """A WAV of every spectrogram."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, waveform in zip(names, waveforms(items), strict=True):
        write_wav(folder / f"{name}.wav", waveform, sample_rate)


def main(_):
    model, prepared = cmgan_jax.load(*_MODEL.value), open_prepared(_DATA.value)
    output, split = Path(_OUTPUT.value), prepared.split(_SPLIT.value)
    rate = prepared.representation.sample_rate
    waveforms, names = waveform_maker(prepared.representation), prepared.class_names
    output.mkdir(parents=True, exist_ok=True)

    def pairs(direction, each):
        source, target = split.of(direction.source), split.of(direction.target)
        rows = spread(source.label, each)
        partner = partners(source.label, target.label, pairing=prepared.pairing, seed=0)
        given = source.array[rows]
        made = model.model(direction).generate(given, seed=_SEED.value)
        return source, rows, given, target.array[partner[rows]], made

    sheet = {}
    for direction in DIRECTIONS.values():
        source, rows, given, real, made = pairs(direction, 1)
        sheet |= {
            f"{direction.source} given": shown(given),
            f"real {direction.target}": shown(real),
            f"{direction.target} made": shown(made),
        }
        examples = output / "examples" / f"{direction.source}s"
        classes = [names[one] for one in source.label[rows]]
        if direction.source == "sound":
            write_sounds(examples, classes, given, waveforms, rate)
        else:
            examples.mkdir(parents=True, exist_ok=True)
            for name, picture in zip(classes, given, strict=True):
                write_picture(examples / f"{name}.png", picture)
    draw(classes, sheet, output / "sheet.png")
    *_, made = pairs(DIRECTIONS["s2i"], -(-_SHEET // len(names)))
    by_place = made[np.linspace(0, len(made) - 1, _SHEET).astype(int)]
    columns = np.split(np.repeat(np.repeat(by_place, 2, 1), 2, 2), 8)
    write_picture(output / "pictures.png", grid(columns))
    source, rows, _, _, made = pairs(DIRECTIONS["i2s"], _EACH)
    called = [
        f"{names[source.label[row]]}_{round(float(source.pitch[row]))}_{n % _EACH + 1}"
        for n, row in enumerate(rows)
    ]
    write_sounds(output / "sounds", called, made, waveforms, rate)


if __name__ == "__main__":
    app.run(main)
