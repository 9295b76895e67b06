"""Turns sounds into pictures and films, or pictures and films into sounds.

    python -m cmgan_jax generate --input=solo.flac --output=out

of a recording of a second or more: a film of the player it sounds like, with the
recording as its sound (solo.mp4), and a contact sheet of it (solo.png). A film's own
sound is a recording as well; a shorter one becomes a picture, and with --as=pictures
every half second of any (solo.png, solo_0500.png ...: the start in ms). A picture
becomes half a second of sound (WAV) and the picture of its spectrogram; a film with
--direction=i2s, or a folder of frames with --frames_per_second, gets a soundtrack
(dance.wav, dance.mp4).

That is with the model inside the package; --workdir=runs/s2i is one of your own. A
film that was stopped goes on where it was when the same command is given again.
docs/media.md has more examples.

All inputs are read before the first result is written. Silent stretches of a sound are
listed; they give no pictures, and a film is black there. Pictures of one colour give a
soundtrack silence. --output is apart from --input, and no file that is there is
replaced without --overwrite.
"""

import sys
from pathlib import Path

from absl import flags

from cmgan_jax import shipped
from cmgan_jax.generation.generate_files import (
    ON_BAD,
    Generated,
    generate_files,
)
from cmgan_jax.generation.inputs import list_inputs
from cmgan_jax.generation.media_in import is_picture, is_sound
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.request import Request
from cmgan_jax.generation.translator import load
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.names import counted, shown
from cmgan_jax.signals.direction import DIRECTIONS
from cmgan_jax.training.rng import MOST_SEED

WORKDIR = flags.DEFINE_string(
    "workdir",
    None,
    "Folder of a trained run, or a file of weights that `export` wrote; by default the "
    "model inside the package.",
)
INPUT = flags.DEFINE_string(
    "input",
    None,
    "A sound or picture file, or a folder of them; folders in it are read too, and "
    "results are put into folders of the same names.",
    required=True,
)
DIRECTION = flags.DEFINE_enum(
    "direction",
    None,
    list(DIRECTIONS),
    "s2i: the input is sounds. i2s: it is pictures. By default what the first file is.",
)
OUTPUT = flags.DEFINE_string(
    "output", "generated", "Folder for what is generated, apart from --input."
)
SEED = flags.DEFINE_integer(
    "seed",
    0,
    "Of the noise: the same seed, the same result.",
    lower_bound=0,
    upper_bound=MOST_SEED,
)
SAMPLES = flags.DEFINE_integer(
    "samples", 1, "Results per source, each with other noise.", lower_bound=1
)
HOP = flags.DEFINE_float(
    "hop_seconds",
    None,
    "Time between windows. Left out: 0.5 for single pictures, "
    f"{PieceSettings.film_hop} in films, {PieceSettings.sound_hop} in soundtracks.",
    lower_bound=0.01,
)
AS = flags.DEFINE_enum(
    "as",
    "auto",
    ["auto", "film", "pictures"],
    "What becomes of recordings. film: one film of each. pictures: a picture of every "
    "window. auto: a film of those that last a second (two windows) or more.",
)
DRIFT = flags.DEFINE_float(
    "drift_seconds",
    PieceSettings.drift_seconds,
    "In a film or soundtrack, noise goes to another random point every so many "
    "seconds, without a jump; 0 keeps one for all of it.",
    lower_bound=0.0,
)
FRAMES = flags.DEFINE_float(
    "frames_per_second",
    None,
    "Takes the folder --input for one film: its pictures, sorted by name, are shown "
    "one after the other, so many in a second. 0.25 makes a slide show.",
    lower_bound=0.001,
)
BAD = flags.DEFINE_enum(
    "on_bad",
    "fail",
    list(ON_BAD),
    "Files that are damaged or of another kind. fail: list all of them and write "
    "nothing. skip: leave them out and list them.",
)
OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Results may replace files of their names in --output."
)
HELP = {
    "What goes in": (INPUT, WORKDIR, DIRECTION, FRAMES, BAD),
    "What comes out": (OUTPUT, AS, SAMPLES, OVERWRITE),
    "How it is made": (SEED, HOP, DRIFT),
}


def main() -> None:
    """Generates and says where the results are, and what there is none of."""
    model, output = _model(), Path(OUTPUT.value)
    request = Request(
        output,
        seed=SEED.value,
        samples=SAMPLES.value,
        whole={"auto": None, "film": True, "pictures": False}[AS.value],
        hop_seconds=HOP.value,
        drift_seconds=DRIFT.value,
        frames_per_second=FRAMES.value,
        overwrite=OVERWRITE.value,
    )
    generated = generate_files(model, Path(INPUT.value), request, on_bad=BAD.value)
    sound = model.record.representation.sound
    if model.direction.target == "sound" and sound != "log_mel":
        print(
            f"{sound!r} spectrograms cannot be turned into sound: only their pictures "
            "were written. Train on --sound=log_mel data to hear them."
        )
    print("\n".join(_told(generated, output)))


def _model() -> Model:
    """The model of the direction that is asked for, or that the input goes."""
    if WORKDIR.value:
        translator = load(WORKDIR.value)
    else:
        translator = load()
        print(
            f"No --workdir: the model {shipped.DEFAULT!r} inside the package is used, "
            "which learnt drawn players and synthesised sounds; on others expect "
            f"little. Its card: {shipped.card(shipped.DEFAULT)}",
            file=sys.stderr,
        )
    if DIRECTION.value:
        return translator.model(DIRECTION.value)
    inputs, _ = list_inputs(Path(INPUT.value))
    paths = [one.path for one in inputs] or [Path(INPUT.value)]
    # What stands among pictures or sounds and is neither says nothing.
    told = (path for path in paths if is_picture(path) or is_sound(path))
    return translator.model(translator.direction_of(next(told, paths[0])))


def _told(generated: Generated, output: Path) -> list[str]:
    """What a person wants to know at the end, the most important last."""
    lines = []
    for one in generated.planned:
        if one.is_renamed:
            name, stem = shown(one.input.name), shown(one.stem)
            lines.append(
                f"{name}: its results are called {stem}..., as another input's would "
                "have the same names."
            )
    for one in generated.planned:
        lines += [f"{shown(one.input.name)}: {note}" for note in one.content.notes]
    silent = [one for one in generated.planned if one.content.silent]
    if silent:
        lines.append("Silent, so nothing was generated of it (films are black):")
    for one in silent:
        times = ", ".join(
            f"{a / 1000:g} to {b / 1000:g}" for a, b in one.content.silent
        )
        lines.append(f"  {shown(one.input.name)}: {times} s")
    if generated.left_out:
        lines.append(f"Left out as no use ({len(generated.left_out)}):")
        lines += [f"  {error}" for error in generated.left_out]
    if generated.repeated:
        lines.append(
            f"{counted(generated.repeated, 'source')} like others before: their "
            "results are copies."
        )
    lines.append(
        f"{counted(generated.results, 'result')} of "
        f"{counted(generated.sources, 'source')}: {shown(output)}"
    )
    return lines
