"""A film, or a folder of frames, to a soundtrack and the film with it."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float32, UInt8

from cmgan_jax.generation.levelling import levelled
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.media import log_mel
from cmgan_jax.media.dubbing import dub
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.pictures import crop_and_resize, is_blank
from cmgan_jax.media.reels import Reel, SceneWatch, open_reel
from cmgan_jax.media.sound_writing import write_wav_blocks
from cmgan_jax.runs.generating import BATCH_SIZE
from cmgan_jax.runs.model import Model
from cmgan_jax.runtime.kept import Keep, keep_nothing
from cmgan_jax.runtime.whole_file import whole_file
from cmgan_jax.signals.joining import PlacedWindow, join_windows
from cmgan_jax.signals.representation import Representation
from cmgan_jax.signals.streaming import stream_waveform

# Frames of the spectrogram between looks at the film, about 32 ms: windows begin, and
# scenes change, on this grid.
_LOOK = 4


def soundtrack_of_film(
    model: Model,
    pictures: Path,
    wav: Path,
    *,
    settings: PieceSettings,
    film: Path | None = None,
    frames_per_second: float | None = None,
    replace: bool = False,
    told: Callable[[float], None] = lambda seconds: None,
    keep: Keep = keep_nothing,
) -> None:
    """Writes the sound of a film's pictures, as long as they are, and the film with it.

    Where pictures show one colour only it is silent; where a scene begins, what was
    before is not heard any more. One level for the whole piece. Memory does not grow
    with the film; the same film and settings give the same bytes. Files appear whole or
    not at all.

    Args:
      model: of pictures to log-mel sounds.
      pictures: a film, or a folder of frames that follow one another by name.
      wav: the soundtrack to be written.
      settings: how the piece is made.
      film: MP4 to be written of the pictures with the soundtrack.
      frames_per_second: of a folder.
      replace: whether files of these names may be replaced.
      told: is told how many seconds are heard.
      keep: is asked for windows and for blocks of samples, and computes them or not.

    Raises:
      MediaError: the film is damaged, or shows nothing.
      ValueError: a folder without frames_per_second, or a hop longer than a window.
      FileExistsError: a file of such a name is there and may not be replaced.
    """
    representation = model.record.representation
    wav.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=wav.parent) as spool:
        with open_reel(pictures, frames_per_second) as reel:
            sounds = False
            for block in sound_of_pictures(model, reel, settings, keep):
                sounds = sounds or bool(block.any())
                block.tofile(spool)
                told(spool.tell() / 4 / representation.sample_rate)
        if not sounds:
            reason = "shows nothing: no picture but of one colour."
            raise MediaError(pictures, "blank", reason)
        with whole_file(wav, replace=replace) as partial:
            rate = representation.sample_rate
            write_wav_blocks(partial, levelled(spool, rate), rate)
    if film is not None:
        with whole_file(film, replace=replace) as partial:
            dub(pictures, wav, partial, frames_per_second=frames_per_second)


def sound_of_pictures(
    model: Model, reel: Reel, settings: PieceSettings, keep: Keep = keep_nothing
) -> Iterator[Float32[np.ndarray, " w"]]:
    """The sound of pictures in time, block after block, from the first to the last.

    Its level is that of the spectrograms: of a window's loudest point, always the same.

    Args:
      model: of pictures to log-mel sounds.
      reel: the pictures.
      settings: how the piece is made.
      keep: as `soundtrack_of_film`.

    Raises:
      MediaError: a picture cannot be read.
      ValueError: a hop longer than a window.
    """
    representation, ends = model.record.representation, []
    looks = _looks(reel, representation, settings.sound_hop, ends)
    windows = _generated(model, looks, settings, keep)
    blocks = stream_waveform(
        join_windows(windows, representation),
        filter_bank=log_mel.filter_bank(representation),
        representation=representation,
        key=jax.random.key(settings.seed),
        keep=keep,
    )
    told = 0
    for block in blocks:
        # The last window goes on when the pictures have ended.
        rest = ends[0] * representation.hop_length - told if ends else len(block)
        yield block[: max(rest, 0)]
        told += len(block)


def hop_frames(hop_seconds: float, representation: Representation) -> int:
    """Frames of a spectrogram from a window of a soundtrack to the next.

    Raises:
      ValueError: more than a window has.
    """
    seconds = representation.hop_length / representation.sample_rate
    hop = max(1, round(hop_seconds / seconds / _LOOK)) * _LOOK
    if hop > representation.frames:
        raise ValueError(
            f"hop_seconds={hop_seconds} is longer than a window of "
            f"{representation.window_seconds} s: sound would be missing between them."
        )
    return hop


# What a window is of: where it begins, in frames, its picture, whether a scene begins.
_Look = tuple[int, UInt8[np.ndarray, "h w 3"], bool]


def _looks(
    reel: Reel,
    representation: Representation,
    hop_seconds: float,
    ends: list[int],
) -> Iterator[_Look]:
    """Pictures a hop apart, counted anew from every cut; `ends` gets where they end."""
    seconds = representation.hop_length / representation.sample_rate
    hop = hop_frames(hop_seconds, representation)
    watch, due, seen, picture = SceneWatch(), 0, None, None
    for frame in itertools.count(0, _LOOK):
        pixels = reel.at(frame * seconds)
        if pixels is None:
            ends.append(frame)
            return
        cut = False
        if pixels is not seen:
            seen, picture = pixels, crop_and_resize(pixels, representation)
            cut = watch.is_cut(picture)
        if cut or frame == due:
            yield frame, picture, cut
            due = frame + hop


def _generated(
    model: Model, looks: Iterator[_Look], settings: PieceSettings, keep: Keep
) -> Iterator[PlacedWindow]:
    """The window of every look; of one colour, a silent one."""
    representation = model.record.representation
    while batch := list(itertools.islice(looks, BATCH_SIZE)):
        frames, pictures, cuts = zip(*batch, strict=True)
        shown = [i for i, picture in enumerate(pictures) if not is_blank(picture)]
        sounds = {}
        if shown:
            starts = np.array([frames[i] for i in shown]) * (
                representation.hop_length / representation.sample_rate
            )
            made = keep(
                model.generate,
                np.stack([pictures[i] for i in shown]),
                noise=settings.noise_at(starts, model.noise_size),
            )
            sounds = dict(zip(shown, made, strict=True))
        for i, (frame, cut) in enumerate(zip(frames, cuts, strict=True)):
            yield PlacedWindow(frame, sounds.get(i), cut)
