"""Trained systems as one file: weights for cmgan_jax, or a program without it.

    python -m cmgan_jax export --workdir=runs/s2i --workdir=runs/i2s \\
        --output=runs/both/orchestra.safetensors --half --data=data/pocket_orchestra

writes weights of one or two directions, which `generate --workdir=FILE` and
`cmgan_jax.load` read; here in half precision, with a card of what judges say of it.
--output=s2i.zip writes a program of one direction, for processors, NVIDIA GPUs and
TPUs, any batch size; what it reads and gives is written in it (about.json).

A folder that TensorFlow loads and serves, where TensorFlow is installed:
    python -m cmgan_jax export --direction=i2s --output=i2s.savedmodel

Only what generates is exported: discriminator and optimizers, say, are not. The
output's suffix says which of the three it is.
"""

import dataclasses
from pathlib import Path

from absl import flags

from cmgan_jax.data.prepared import open_prepared
from cmgan_jax.export import program, saved_model
from cmgan_jax.export.card import write_card
from cmgan_jax.generation.translator import Translator, load
from cmgan_jax.runs import weights
from cmgan_jax.runtime.names import shown
from cmgan_jax.runtime.outputs import require_free
from cmgan_jax.signals.direction import DIRECTIONS

_PROGRAMS = {
    program.SUFFIX: program.write_program,
    saved_model.SUFFIX: saved_model.write_saved_model,
}

WORKDIR = flags.DEFINE_multi_string(
    "workdir",
    [],
    "Folder of a trained run, or a file of weights; twice for two directions. By "
    "default the model inside the package.",
)
OUTPUT = flags.DEFINE_string(
    "output",
    None,
    f"File to write: NAME{weights.SUFFIX} for weights, NAME{program.SUFFIX} for a "
    f"program, NAME{saved_model.SUFFIX} for a folder that TensorFlow loads.",
    required=True,
)
DIRECTION = flags.DEFINE_enum(
    "direction", None, list(DIRECTIONS), "Of a program, where the model knows several."
)
HALF = flags.DEFINE_bool(
    "half", False, "Round to half precision: half the size, a grey level now and then."
)
DATA = flags.DEFINE_string(
    "data",
    None,
    "Prepared data with judges: weights are scored on its test splits, and their card "
    "is written beside them (.json, .md), and what was measured (OUTPUT_s2i, "
    "OUTPUT_i2s).",
)
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace files that are there.")
HELP = {
    "What goes in": (WORKDIR, DIRECTION, DATA),
    "What comes out": (OUTPUT, HALF, OVERWRITE),
}


def main() -> None:
    """Writes the file, and a card if there are data to score on."""
    output = Path(OUTPUT.value)
    if output.suffix not in (weights.SUFFIX, *_PROGRAMS):
        raise ValueError(
            f"--output={shown(output)} ends neither in {weights.SUFFIX} (weights) nor "
            f"in {' or '.join(_PROGRAMS)} (a program): name it so."
        )
    scored = bool(DATA.value) and output.suffix == weights.SUFFIX
    suffixes = (output.suffix, ".json", ".md") if scored else (output.suffix,)
    require_free(
        output.parent,
        [output.with_suffix(suffix).name for suffix in suffixes],
        overwrite=OVERWRITE.value,
        output_is="--output",
    )
    translator = load(*WORKDIR.value)
    if HALF.value:
        halves = tuple(weights.rounded(model) for model in translator.models)
        translator = dataclasses.replace(translator, models=halves)
    if output.suffix in _PROGRAMS:
        model = translator.model(_direction(translator))
        _PROGRAMS[output.suffix](output, model)
    else:
        weights.write_models(output, translator.models)
    if scored:
        write_card(output, translator.models, open_prepared(DATA.value))
    files = output.rglob("*") if output.is_dir() else [output]
    size = sum(file.stat().st_size for file in files) / 1e6
    print(f"{shown(output)}: {size:.1f} MB")


def _direction(translator: Translator) -> str:
    if DIRECTION.value:
        return DIRECTION.value
    names = [way.name for way in translator.directions]
    if len(names) > 1:
        raise ValueError(
            f"a program turns one way, and this model knows {', '.join(names)}: give "
            "--direction."
        )
    return names[0]
