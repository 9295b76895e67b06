"""Turns sounds into pictures, or pictures into sounds, with a trained system.

    python -m cmgan_jax generate --workdir=runs/s2i --input=clarinet.wav --output=out
    python -m cmgan_jax generate --workdir=runs/i2s --input=photographs --output=out

A sound gives one picture per half second; a picture gives half a second of sound
(WAV) and the picture of its spectrogram.
"""

from pathlib import Path

from absl import flags

from cmgan_jax.generation.generate_files import generate_files
from cmgan_jax.runs.model import load

WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of a trained run.", required=True
)
INPUT = flags.DEFINE_string(
    "input", None, "A sound or picture file, or a folder of them.", required=True
)
OUTPUT = flags.DEFINE_string("output", "generated", "Folder for what is generated.")
SEED = flags.DEFINE_integer("seed", 0, "Of the noise: the same seed, the same result.")
SAMPLES = flags.DEFINE_integer(
    "samples", 1, "Results per source, each with other noise.", lower_bound=1
)
HOP = flags.DEFINE_float(
    "hop_seconds", 0.5, "Time between windows of a sound.", lower_bound=0.01
)


def main() -> None:
    """Generates and says where the results are."""
    output = Path(OUTPUT.value)
    results, sources = generate_files(
        load(WORKDIR.value),
        Path(INPUT.value),
        output,
        seed=SEED.value,
        samples=SAMPLES.value,
        hop_seconds=HOP.value,
    )
    print(f"{results} results of {sources} sources are in {output}.")
