"""Windows of sound: cut from an array, or from a file of any length in flat memory."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int64

from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.sounds import SILENCE_PEAK, sound_blocks, sounding
from cmgan_jax.signals.representation import Representation

# In one block: 256 windows of half a second are 11 MB.
_MOST_WINDOWS = 256
_MOST_SAMPLES = 1 << 22

Block = tuple[Int64[np.ndarray, " n"], Float32[np.ndarray, "n w"]]


def cut_windows(
    waveform: Float[np.ndarray, " t"],
    representation: Representation,
    hop_seconds: float,
    *,
    path: str | os.PathLike = "the sound",
) -> Float[np.ndarray, "n w"]:
    """Cuts every complete window out of a waveform, overlapping where hops are short.

    From each its own mean is subtracted, which is the recording's offset: what a
    window is does not depend on what else of the recording was read.

    Args:
      waveform: samples at the representation's rate, [t].
      representation: gives the window's length.
      hop_seconds: time between the starts of neighbouring windows, in seconds.
      path: where the waveform came from, for the error.

    Returns:
      The windows, [n w]; window i starts at i * hop_seconds.

    Raises:
      MediaError: shorter_than_window, not one window fits.
      ValueError: a hop of less than a sample.
    """
    length, hop = representation.window_samples, _hop(representation, hop_seconds)
    if len(waveform) < length:
        raise _too_short(len(waveform), representation, path)
    return _cut(waveform, length, hop)


def windows_of(
    path: str | os.PathLike,
    representation: Representation,
    hop_seconds: float,
    *,
    on_damage: str = "refuse",
    notes: list[str] | None = None,
    lengths: list[float] | None = None,
) -> Iterator[Block]:
    """Every complete window of a sound file, silent ones too, a block at a time.

    An hour takes no more memory than a minute. The windows are those of `cut_windows`
    of the whole waveform, within rounding.

    Args:
      path: the file.
      representation: gives rate and length of a window.
      hop_seconds: time between the starts of neighbouring windows, in seconds.
      on_damage: "refuse" raises truncated and damaged once the windows before it were
        given: a caller that wants whole files only keeps none until the end. "keep"
        ends there with a note.
      notes: gets sentences on what was done to the sound.
      lengths: gets, at its end, how long the sound lasts, in seconds.

    Yields:
      Starts in ms, int64 [n], and windows, full scale [-1, 1], each of mean 0, float32
      [n w], n > 0. `sounds.sounding` tells which are not silent.

    Raises:
      MediaError: as `sounds.sound_blocks`; at the end, shorter_than_window, or silence
        if no window is sounding.
      ValueError: a hop of less than a sample.
    """
    length, hop = representation.window_samples, _hop(representation, hop_seconds)
    most = max(1, min(_MOST_WINDOWS, _MOST_SAMPLES // max(length, hop)))
    blocks = sound_blocks(
        path, representation.sample_rate, on_damage=on_damage, notes=notes
    )
    first, any_sounding, samples = 0, False, 0
    for number, piece in enumerate(_pieces(blocks, length, hop=hop, most=most)):
        samples = number * most * hop + len(piece)
        if len(piece) < length:
            if first == 0:
                raise _too_short(len(piece), representation, path)
            continue
        windows = _cut(piece, length, hop)
        starts = np.arange(first, first + len(windows))
        first += len(windows)
        any_sounding = any_sounding or bool(sounding(windows).any())
        yield np.rint(1000 * hop_seconds * starts).astype(np.int64), windows
    if not any_sounding:
        raise MediaError(
            path,
            "silence",
            f"in none of its {first} windows does a sample leave the mean by "
            f"{SILENCE_PEAK:g}.",
        )
    if lengths is not None:
        lengths.append(samples / representation.sample_rate)


def loudest_window(
    path: str | os.PathLike,
    representation: Representation,
    hop_seconds: float,
    **more: Any,
) -> tuple[int, Float32[np.ndarray, " w"]]:
    """The window of most energy of a sound file, the first of equal ones.

    Args: as `windows_of`.

    Returns:
      Its start in ms, and the window, not silent, float32 [w].

    Raises:
      MediaError, ValueError: as `windows_of`.
    """
    best, start, loudest = -1.0, 0, np.empty(0, np.float32)
    for starts, windows in windows_of(path, representation, hop_seconds, **more):
        energies = np.einsum("nw,nw->n", windows, windows)
        # A silent window may have more energy than one that holds a click.
        energies[~sounding(windows)] = -1.0
        at = int(energies.argmax())
        if energies[at] > best:
            best, start = float(energies[at]), int(starts[at])
            loudest = windows[at].copy()
    return start, loudest


def first_window(
    path: str | os.PathLike,
    representation: Representation,
    hop_seconds: float,
    **more: Any,
) -> tuple[int, Float32[np.ndarray, " w"]]:
    """The first window of a sound file that is not silent; the file is read to its end.

    Args, returns and raises: as `loudest_window`.
    """
    start, first = 0, np.empty(0, np.float32)
    for starts, windows in windows_of(path, representation, hop_seconds, **more):
        if not len(first) and (kept := np.flatnonzero(sounding(windows))).size:
            start, first = int(starts[kept[0]]), windows[kept[0]].copy()
    return start, first


def _hop(representation: Representation, hop_seconds: float) -> int:
    hop = round(hop_seconds * representation.sample_rate)
    if hop < 1:
        raise ValueError(
            f"hop_seconds={hop_seconds} is less than a sample at "
            f"{representation.sample_rate} Hz."
        )
    return hop


def _cut(
    waveform: Float[np.ndarray, " t"], length: int, hop: int
) -> Float[np.ndarray, "n w"]:
    views = np.lib.stride_tricks.sliding_window_view(waveform, length)[::hop]
    return views - views.mean(axis=1, keepdims=True, dtype=np.float64).astype(
        np.float32
    )


def _too_short(
    samples: int, representation: Representation, path: str | os.PathLike
) -> MediaError:
    found = samples / representation.sample_rate
    return MediaError(
        path,
        "shorter_than_window",
        f"lasts {found:.3f} s, less than one window of "
        f"{representation.window_seconds} s.",
    )


def _pieces(
    blocks: Iterator[Float32[np.ndarray, " t"]], length: int, *, hop: int, most: int
) -> Iterator[Float32[np.ndarray, " t"]]:
    """Stretches that hold `most` windows each, and one of what is left at the end."""
    stretch, step = length + (most - 1) * hop, most * hop
    waiting, count = [], 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        while count >= max(stretch, step):
            held = np.concatenate(waiting)
            yield held[:stretch]
            waiting, count = [held[step:]], count - step
    yield np.concatenate([np.empty(0, np.float32), *waiting])
