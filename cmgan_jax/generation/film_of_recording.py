"""A recording of any length to a film of the player it sounds like."""

import functools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt8

from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.media import log_mel
from cmgan_jax.media.contact_sheet import ContactSheet
from cmgan_jax.media.film_writing import PartedFilm, encode_part, open_mp4
from cmgan_jax.media.pictures import write_picture
from cmgan_jax.media.sounds import recorded_sound, sounding
from cmgan_jax.media.windows import windows_of
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.kept import Keep, keep_nothing
from cmgan_jax.runtime.whole_file import whole_file

SHOWN_SIDE = 256  # pixels, or the picture's own where that is more


def film_of_recording(
    model: Model,
    recording: Path,
    film: Path,
    *,
    settings: PieceSettings,
    sheet: Path | None = None,
    replace: bool = False,
    told: Callable[[float], None] = lambda seconds: None,
    keep: Keep = keep_nothing,
) -> None:
    """Writes a film of the generated player, with the recording as its sound.

    A picture is shown from the beginning of its window to that of the next; the last
    one until the recording ends. Where a window is silent the film is black. Memory
    does not grow with the recording; the same recording and settings give the same
    bytes. Files appear whole or not at all.

    Args:
      model: of sounds to pictures.
      recording: a sound, or a film with sound.
      film: MP4 to be written.
      settings: how the piece is made.
      sheet: PNG for a contact sheet of the film.
      replace: whether files of these names may be replaced.
      told: is told how many seconds are done.
      keep: is asked for parts of the film, and computes them or not.

    Raises:
      MediaError: the recording is damaged, shorter than a window, or silent.
      FileExistsError: a file of such a name is there and may not be replaced.
    """
    side = max(SHOWN_SIDE, model.record.representation.image_size)
    rate = Fraction(1 / settings.film_hop).limit_denominator(1000)
    encode = functools.partial(encode_part, frame_rate=rate, size=(side, side))
    kept = ContactSheet()
    with (
        recorded_sound(recording) as (sample_rate, blocks),
        whole_file(film, replace=replace) as partial,
        open_mp4(partial) as container,
    ):
        first, writer = next(blocks), None
        for seconds, pictures in pictures_of_sound(model, recording, settings, keep):
            part = keep(encode, pictures)
            if writer is None:
                heard = {"sample_rate": sample_rate, "channels": first.shape[1]}
                writer = PartedFilm(container, part, **heard)
                writer.sound.write(first)
            writer.append(part, blocks)
            for moment, picture in zip(seconds.tolist(), pictures, strict=True):
                kept.add(moment, picture)
            told(float(writer.seconds))
        for block in blocks:
            writer.sound.write(block)
        missing = math.ceil(round((writer.sound.seconds - writer.seconds) * rate, 6))
        if missing > 0:
            writer.append(encode(pictures[-1:].repeat(missing, axis=0)), blocks)
        writer.sound.finish()
    if sheet is not None:
        with whole_file(sheet, replace=replace) as partial_sheet:
            write_picture(partial_sheet, kept.drawn())


def pictures_of_sound(
    model: Model,
    recording: Path,
    settings: PieceSettings,
    keep: Keep = keep_nothing,
) -> Iterator[tuple[Float[np.ndarray, " n"], UInt8[np.ndarray, "n h w 3"]]]:
    """When windows of a recording begin, in seconds, and their pictures, part by part.

    Raises:
      MediaError: as `windows_of`.
    """
    representation = model.record.representation
    for starts, windows in windows_of(recording, representation, settings.film_hop):
        pictures = np.zeros((len(starts), *representation.image_shape), np.uint8)
        loud, seconds = sounding(windows), starts / 1000
        if loud.any():
            pictures[loud] = keep(
                _painted, model, windows[loud], seconds[loud], settings
            )
        yield seconds, pictures


def _painted(
    model: Model,
    windows: Float32[np.ndarray, "n w"],
    seconds: Float[np.ndarray, " n"],
    settings: PieceSettings,
) -> UInt8[np.ndarray, "n y x 3"]:
    """The pictures of windows that begin at these seconds of a recording."""
    return model.generate(
        log_mel.encode_windows(windows, model.record.representation),
        noise=settings.noise_at(seconds, model.noise_size),
    )
