"""Turns sounds into pictures, or pictures into sounds, with a trained system.

    python -m cmgan_jax generate --workdir=runs/s2i --input=clarinet.wav --output=out
    python -m cmgan_jax generate --workdir=runs/i2s --input=photographs --output=out

A sound gives one picture per half second; a picture gives half a second of sound
(WAV) and the picture of its spectrogram.
"""

from pathlib import Path

import jax
import numpy as np
from absl import flags

from cmgan_jax.generation.media_in import find_files, read_sources
from cmgan_jax.generation.media_out import waveform_maker, write_target
from cmgan_jax.media.files import MediaError
from cmgan_jax.runs import model as trained
from cmgan_jax.runtime.progress import Progress

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
BATCH_SIZE = 16


def main() -> None:
    """Generates for every file of the input; a bad file stops before anything."""
    system = trained.load(WORKDIR.value)
    record = system.record
    sources = _read_all(record)
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"several inputs would be written as {', '.join(twice)}: rename them, or "
            "generate from one at a time."
        )
    output = Path(OUTPUT.value)
    waveforms = waveform_maker(record.representation)
    if record.direction == "i2s" and waveforms is None:
        print(
            f"{record.representation.sound!r} spectrograms cannot be turned into "
            "sound: only their pictures are written. Train on --sound=log_mel data to "
            "hear them."
        )
    total = len(sources) * SAMPLES.value
    progress = Progress("generate", total, unit="files")
    for sample in range(SAMPLES.value):
        key = jax.random.fold_in(jax.random.key(SEED.value), sample)
        suffix = f"_{sample + 1}" if SAMPLES.value > 1 else ""
        for i, target in enumerate(_targets(system, sources, key)):
            files = write_target(
                output / (sources[i].name + suffix),
                target,
                record.representation,
                direction=record.direction,
                waveforms=waveforms,
            )
            progress.update(sample * len(sources) + i + 1, files[0].name)
    print(f"{total} results of {len(sources)} sources are in {output}.")


def _read_all(record) -> list:
    sources, bad = [], []
    for file in find_files(Path(INPUT.value)):
        try:
            sources += read_sources(
                file,
                record.representation,
                direction=record.direction,
                hop_seconds=HOP.value,
            )
        except MediaError as error:
            bad.append(str(error))
    if bad:
        raise ValueError("\n".join([f"{len(bad)} of the inputs are no use:", *bad]))
    return sources


def _targets(system, sources, key):
    """Generated targets, one by one, made in batches of one size."""
    for start in range(0, len(sources), BATCH_SIZE):
        part = [source.array for source in sources[start : start + BATCH_SIZE]]
        padded = np.stack(part + part[-1:] * (BATCH_SIZE - len(part)))
        generated = system.generate(padded, jax.random.fold_in(key, start))
        yield from np.asarray(generated)[: len(part)]
