"""Sounds and pictures from files to the arrays that a trained system reads."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media import log_mel
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.pictures import crop_and_resize, decode_picture, squeeze
from cmgan_jax.media.sounds import sound_blocks, sounding
from cmgan_jax.media.windows import windows_of
from cmgan_jax.signals.direction import Direction
from cmgan_jax.signals.representation import Representation


@dataclasses.dataclass(frozen=True)
class Source:
    """One source.

    Attributes:
      name: file stem, and for a later window of a sound its start in milliseconds.
      array: uint8 [h w c], as the data set stores it.
    """

    name: str
    array: UInt8[np.ndarray, "h w c"]


def find_files(path: Path) -> list[Path]:
    """The file itself, or every file directly in a folder, sorted by name.

    Raises:
      FileNotFoundError: nothing there, or an empty folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"{path} does not exist: give a file or a folder.")
    files = sorted(
        file
        for file in path.iterdir()
        if file.is_file() and not file.name.startswith(".")
    )
    if not files:
        raise FileNotFoundError(f"{path} holds no files.")
    return files


def read_sources(
    file: Path,
    representation: Representation,
    *,
    direction: Direction,
    hop_seconds: float = 0.5,
    notes: list[str] | None = None,
) -> list[Source]:
    """The sources in one file.

    Args:
      file: of the source modality; with "pictures" data, a sound is a picture of a
        spectrogram.
      representation: of the data the system was trained on.
      direction: its source is read.
      hop_seconds: time between windows of a sound, in seconds.
      notes: gets sentences on what of a sound was left out or chosen.

    Returns:
      One source of a picture; one per window of a sound that is not silent.

    Raises:
      MediaError: the file is unreadable, or of the other modality (then says so).
    """
    notes = [] if notes is None else notes
    with _hint_at_other_modality(file, direction.source):
        if direction.source == "image":
            picture = crop_and_resize(decode_picture(file), representation)
            return [Source(file.stem, picture)]
        if representation.sound == "pictures":
            picture = squeeze(decode_picture(file), representation.image_size)
            return [Source(file.stem, picture)]
        return _sound_sources(file, representation, hop_seconds, notes)


def _sound_sources(
    file: Path, representation: Representation, hop_seconds: float, notes: list[str]
) -> list[Source]:
    sources, silent = [], []
    for starts, windows in windows_of(file, representation, hop_seconds, notes=notes):
        kept = sounding(windows)
        silent += starts[~kept].tolist()
        arrays = log_mel.encode_windows(windows[kept], representation)
        for start, array in zip(starts[kept].tolist(), arrays, strict=True):
            name = file.stem if start == 0 else f"{file.stem}_{start}"
            sources.append(Source(name, array))
    if silent:
        listed = ", ".join(f"{start / 1000:g}" for start in silent[:20])
        more = f" and {len(silent) - 20} more" if len(silent) > 20 else ""
        notes.append(f"silent and left out: windows at {listed} s{more}.")
    return sources


@contextlib.contextmanager
def _hint_at_other_modality(file: Path, expected: str) -> Iterator[None]:
    """On failure looks whether the file is of the other modality."""
    try:
        yield
    except MediaError as error:
        if error.kind not in ("not_audio", "not_picture"):
            raise
        hint = _modality_hint(file, expected)
        raise MediaError(file, error.kind, error.reason + hint) from error


def _modality_hint(file: Path, expected: str) -> str:
    try:
        if expected == "sound":
            decode_picture(file)
            return " It is a picture: give it to a workdir trained with :i2s."
        with contextlib.closing(sound_blocks(file, 22050)) as blocks:
            next(blocks)
        return " It is a sound: give it to a workdir trained with :s2i."
    except MediaError:
        return ""
