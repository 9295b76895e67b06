"""Turns raw pictures and sounds into arrays that training reads.

    python -m cmgan_jax prepare --dataset=paired_folders --source=my_data

Without flags it makes the embedded orchestra. Nothing appears at --output before it is
complete: interrupt it and run it again. Run on finished data, it checks every file and
does nothing; where the source has changed, it says what, and --update prepares it anew.
Whatever is wrong with the material is listed in prepare_report.json, beside the data;
if nothing could be prepared, in a file that the message names. --verify checks every
byte of finished data at --output and needs no source.

One song in five of train becomes the split judging: only the judges, who score what
models generate, learn from it.
"""

import importlib
import os
import pathlib
import sys

from absl import flags, logging

from cmgan_jax.runtime.outputs import require_apart, require_folder
from cmgan_jax.signals.representation import (
    IMAGE_CROPS,
    LOG_MEL_WINDOWS,
    SOUND_KINDS,
    Representation,
)

_BUILDERS = {
    "pocket_orchestra": ("PocketOrchestra", "PocketOrchestraConfig"),
    "sub_urmp": ("SubUrmp", "RecordedConfig"),
    "urmp": ("Urmp", "PairedConfig"),
    "paired_folders": ("PairedFolders", "PairedFoldersConfig"),
}
_SOUNDS = {
    "log_mel": {},
    # What the authors' wav2spectrogram.py asks of librosa, at Sub-URMP's native rate.
    "coloured": {
        "sample_rate": 44100,
        "n_fft": 2048,
        "hop_length": 512,
        "n_mels": 128,
        "fmin": 0.0,
        "fmax": 22050.0,
        "colormap": "jet",
    },
    "pictures": {},
}

_DATASET = flags.DEFINE_enum(
    "dataset",
    "pocket_orchestra",
    list(_BUILDERS),
    "pocket_orchestra: thirteen drawn and synthesised instruments, made from code, no "
    "download. sub_urmp: the released Sub-URMP archive or folder. urmp: the films that "
    "it was cut from. paired_folders: your own pictures and sounds.",
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder for the prepared data. Default: data/<dataset>."
)
_SOURCE = flags.DEFINE_string(
    "source",
    None,
    "Folder or archive with the material of sub_urmp, urmp or paired_folders.",
)
_ON_BAD = flags.DEFINE_enum(
    "on_bad",
    "fail",
    ["fail", "skip"],
    "Material that is damaged or does not fit. fail: list all of it and prepare "
    "nothing. skip: leave it out, list it in prepare_report.json.",
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 64, "Height and width of the pictures, a power of two."
)
_IMAGE_CROP = flags.DEFINE_enum(
    "image_crop",
    "centre",
    list(IMAGE_CROPS),
    "centre: the largest centred square. original: the columns the authors kept.",
)
_SOUND = flags.DEFINE_enum(
    "sound",
    "log_mel",
    list(SOUND_KINDS),
    "log_mel: one channel that can be turned back into sound. coloured: the authors' "
    "colour-mapped picture. pictures: spectrogram pictures found in --source.",
)
_WINDOW_SECONDS = flags.DEFINE_float(
    "window_seconds",
    0.5,
    "Length of a window of sound, in seconds: 0.5, or 1, whose spectrograms have twice "
    "as many bands and frames, 128 x 128.",
)
_SCALE = flags.DEFINE_float(
    "scale",
    1.0,
    "Size of pocket_orchestra: 1 is about 20,000 training pairs, 0.1 a tenth of that.",
    lower_bound=0.0,
)
_SEED = flags.DEFINE_integer(
    "seed", 0, "Seed of pocket_orchestra's songs and performers.", lower_bound=0
)
_PAIRING = flags.DEFINE_enum(
    "pairing",
    "auto",
    ["auto", "stem", "class"],
    "paired_folders. stem: files of one name (take07.wav, take07.jpg) are one moment. "
    "class: sounds and pictures share their class only. auto: as the names say; asks "
    "where they nearly match.",
)
_WINDOW = flags.DEFINE_enum(
    "window",
    "loudest",
    ["loudest", "first"],
    "paired_folders. Which window of a longer recording belongs to the picture of its "
    "name; windows that are silent never do.",
)
_LISTEN = flags.DEFINE_bool(
    "listen",
    False,
    "paired_folders, sub_urmp. Estimate the note that each window begins with (YIN), "
    "which duet has to know: for recordings of one player each.",
)
_UPDATE = flags.DEFINE_bool(
    "update",
    False,
    "Prepare anew if the source has changed or finished files are damaged; what is "
    "there stays until the new data are complete, then goes. Judges stay if the data "
    "turn out the same.",
)
_VERIFY = flags.DEFINE_bool(
    "verify", False, "Only check every byte of the finished data at --output."
)
_CHECK_CONTENT = flags.DEFINE_bool(
    "check_content",
    False,
    "Recognise changed files of the source by what they hold (SHA-256; all of it is "
    "read) instead of by their times. Given when data are prepared, it keeps what is "
    "to be compared later.",
)
_WORKERS = flags.DEFINE_integer(
    "workers", 0, "Processes; 0 is one per core.", lower_bound=0
)
_BEAM_RUNNER = flags.DEFINE_string(
    "beam_runner",
    None,
    "Apache Beam's name of what reads the media in place of this machine's cores, such "
    "as DirectRunner, FlinkRunner, SparkRunner. The same data come out. Its workers "
    "must see --source and --output under the same names; each runs --workers "
    "processes, 0 is one. Needs the extra `beam`, see docs/own_media.md.",
)
_BEAM_OPTIONS = flags.DEFINE_list(
    "beam_options",
    [],
    "Options of Beam's pipeline: --beam_options=flink_master=host:8081,parallelism=64",
)
HELP = {
    "What goes in": (_DATASET, _SOURCE, _ON_BAD),
    "What comes out": (_OUTPUT, _IMAGE_SIZE, _IMAGE_CROP, _SOUND, _WINDOW_SECONDS),
    "Of pocket_orchestra alone": (_SCALE, _SEED),
    "Of paired_folders alone": (_PAIRING, _WINDOW),
    "Of recordings without notes": (_LISTEN,),
    "Data that are there already": (_UPDATE, _CHECK_CONTENT, _VERIFY),
    "How it is made": (_WORKERS, _BEAM_RUNNER, _BEAM_OPTIONS),
}


def main() -> None:
    """Prepares the data set that the flags name and says what to do next.

    Raises:
      FileNotFoundError: the source does not exist.
      ValueError: flags that do not go together, material with defects, or an output
        folder that holds something else.
    """
    # Names may hold what the terminal's encoding has no characters for.
    sys.stdout.reconfigure(errors="backslashreplace")
    _require_compatible_flags()
    output = pathlib.Path(_OUTPUT.value or f"data/{_DATASET.value}")
    require_folder(output, output_is="--output")
    if _SOURCE.value:
        source = pathlib.Path(_SOURCE.value)
        require_apart(output, source, output_is="--output", given_is="--source")
    # TensorFlow logs its CPU features on import; nobody preparing data asked for them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TFDS warns of every configuration that is not declared beforehand.
    logging.set_verbosity(logging.ERROR)
    from cmgan_jax.prepare.advice import describe_prepared, next_steps
    from cmgan_jax.prepare.preparation import prepare, verify
    from cmgan_jax.prepare.report import read_report

    if _VERIFY.value:
        for folder, files, size in verify(output):
            print(f"Verified: {folder}\n  {files} files, {size:,} bytes, as prepared")
        return
    data, built = prepare(_builder(output), update=_UPDATE.value)
    print(f"{'Prepared' if built else 'Already prepared, unchanged'}: {data.path}")
    for line in describe_prepared(data, read_report(data.path)):
        print(f"  {line}")
    print("\n".join(next_steps(data, output)))


def _require_compatible_flags() -> None:
    embedded = _DATASET.value == "pocket_orchestra"
    if embedded and _SOURCE.value:
        raise ValueError(
            "--source is given, but pocket_orchestra is made from code: leave it out "
            "or choose --dataset=sub_urmp, urmp or paired_folders."
        )
    if embedded and _SOUND.value == "pictures":
        raise ValueError(
            "--sound=pictures needs spectrogram pictures in a --source: "
            "pocket_orchestra makes sounds; use --sound=log_mel or --sound=coloured."
        )
    _require_window()
    own = _DATASET.value == "paired_folders"
    if not own and (_PAIRING.present or _WINDOW.present):
        raise ValueError(
            f"--pairing and --window belong to paired_folders, not to {_DATASET.value}."
        )
    _require_listening()
    if _BEAM_OPTIONS.value and not _BEAM_RUNNER.value:
        raise ValueError("--beam_options is given, but no --beam_runner to take them.")
    if _CHECK_CONTENT.value and not _SOURCE.value:
        raise ValueError("--check_content reads a --source, and none is given.")
    if _VERIFY.value and (_SOURCE.value or _UPDATE.value):
        raise ValueError(
            "--verify only looks at finished data: leave --source and --update out."
        )
    if not embedded and not _SOURCE.value and not _VERIFY.value:
        raise ValueError(
            f"--dataset={_DATASET.value} needs --source=<folder or archive>."
        )
    if not embedded and (_SEED.present or _SCALE.present):
        raise ValueError(
            f"--seed and --scale belong to pocket_orchestra, not to {_DATASET.value}."
        )


def _require_listening() -> None:
    if _LISTEN.value and _DATASET.value in ("pocket_orchestra", "urmp"):
        raise ValueError(f"{_DATASET.value} says which notes are played, no --listen.")
    if _LISTEN.value and _SOUND.value == "pictures":
        raise ValueError("--listen needs recordings, and --sound=pictures reads none.")


def _require_window() -> None:
    seconds = _WINDOW_SECONDS.value
    if seconds not in LOG_MEL_WINDOWS:
        known = " or ".join(f"{known:g}" for known in LOG_MEL_WINDOWS)
        raise ValueError(f"--window_seconds={seconds:g}: expected {known}.")
    cut = _DATASET.value == "sub_urmp" or _SOUND.value == "pictures"
    if cut and seconds != Representation.window_seconds:
        raise ValueError(
            f"--window_seconds={seconds:g}: the sounds of sub_urmp and of "
            "--sound=pictures were cut before, sub_urmp's to 0.5 s; leave it out."
        )


def _builder(output: pathlib.Path):
    builder_name, config_name = _BUILDERS[_DATASET.value]
    module = importlib.import_module(
        f"cmgan_jax.prepare.datasets.{_DATASET.value}.builder"
    )
    settings = {}
    if _DATASET.value == "pocket_orchestra":
        settings = {"seed": _SEED.value, "scale": _SCALE.value}
    if _DATASET.value in ("paired_folders", "sub_urmp"):
        settings = {"listen": _LISTEN.value}
    if _DATASET.value == "paired_folders":
        settings |= {"pairing": _PAIRING.value, "window": _WINDOW.value}
    parameters = _SOUNDS[_SOUND.value] or LOG_MEL_WINDOWS[_WINDOW_SECONDS.value]
    representation = Representation(
        image_size=_IMAGE_SIZE.value,
        image_crop=_IMAGE_CROP.value,
        sound=_SOUND.value,
        window_seconds=_WINDOW_SECONDS.value,
        **parameters,
    )
    beam = None
    if _BEAM_RUNNER.value:
        from cmgan_jax.prepare.beam import Beam

        beam = Beam(_BEAM_RUNNER.value, tuple(_BEAM_OPTIONS.value))
    config = getattr(module, config_name)(representation=representation, **settings)
    return getattr(module, builder_name)(
        data_dir=output,
        config=config,
        source=_SOURCE.value,
        on_bad=_ON_BAD.value,
        workers=_WORKERS.value,
        beam=beam,
        check_content=_CHECK_CONTENT.value,
    )
