"""Sounds and pictures from files to the arrays that a trained system reads."""

import dataclasses
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from cmgan_jax.media import files as media
from cmgan_jax.media import log_mel
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
) -> list[Source]:
    """The sources in one file.

    Args:
      file: of the source modality; with "pictures" data, a sound is a picture of a
        spectrogram.
      representation: of the data the system was trained on.
      direction: its source is read.
      hop_seconds: time between windows of a sound, in seconds.

    Returns:
      One source of a picture; one per window of a sound.

    Raises:
      MediaError: the file is unreadable, or of the other modality (then says so).
    """
    if direction.source == "image":
        picture = _decode(file, "image")
        return [Source(file.stem, media.crop_and_resize(picture, representation))]
    if representation.sound == "pictures":
        picture = media.squeeze(_decode(file, "image"), representation.image_size)
        return [Source(file.stem, picture)]
    waveform = _decode(file, "sound", representation.sample_rate)
    windows = media.cut_windows(waveform, representation, hop_seconds, path=file)
    arrays = log_mel.encode_windows(windows, representation)
    starts = [round(1000 * hop_seconds * i) for i in range(len(arrays))]
    return [
        Source(file.stem if start == 0 else f"{file.stem}_{start}", array)
        for start, array in zip(starts, arrays, strict=True)
    ]


def _decode(file: Path, modality: str, sample_rate: int = 0) -> np.ndarray:
    """Reads a file, and on failure looks whether it is of the other modality."""
    try:
        if modality == "sound":
            return media.decode_sound(file, sample_rate)
        return media.decode_picture(file)
    except media.MediaError as error:
        if error.kind not in ("not_audio", "not_picture"):
            raise
        raise media.MediaError(
            file, error.kind, error.reason + _modality_hint(file, modality)
        ) from error


def _modality_hint(file: Path, expected: str) -> str:
    try:
        if expected == "sound":
            media.decode_picture(file)
            return " It is a picture: give it to a workdir trained with :i2s."
        media.decode_sound(file, 22050)
        return " It is a sound: give it to a workdir trained with :s2i."
    except media.MediaError:
        return ""
