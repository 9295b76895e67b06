"""Where a film's sound or pictures are missing: silence, black, frozen, damaged."""

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from cmgan_jax.media import ffmpeg
from cmgan_jax.media.errors import MediaError
from cmgan_jax.media.reencoding import Span
from cmgan_jax.media.sounds import sound_blocks, sounding
from cmgan_jax.media.splicing import open_streams

REASONS = ("silence", "black", "frozen")
BLOCK_SECONDS = 0.05  # of sound that is silent or not
_RATE = 22050
_BLACK_LEVEL = 24  # of luma, whose black is 16 in most films
_SEEN_SIDE = 32


@dataclasses.dataclass(frozen=True)
class Bad:
    """A stretch that is missing or damaged.

    Attributes:
      start: in seconds of the film's clock.
      end: where what is good begins again.
      reason: one of REASONS, "damaged", or "given".
      before: the last good picture, uint8 [h w 3]; None at the film's beginning, and
        of sound.
      after: the first good picture; None at its end, and of sound.
    """

    start: float
    end: float
    reason: str
    before: UInt8[np.ndarray, "h w 3"] | None = None
    after: UInt8[np.ndarray, "h w 3"] | None = None


def survey_sound(
    path: Path, given: Sequence[Span], *, find: Collection[str], shortest: float
) -> tuple[list[Bad], Float[np.ndarray, " n"]]:
    """Bad stretches of a film's sound, and how loud it is.

    Args:
      path: the film.
      given: stretches known to be bad, apart and in order.
      find: REASONS to look for.
      shortest: stretches that are found, in seconds.

    Returns:
      Stretches in order, and the root mean square of every BLOCK_SECONDS, [n].

    Raises:
      MediaError: as `sounds.sound_blocks`.
      ValueError: a stretch that is given begins behind the end.
    """
    with open_streams(path) as (_, _, stream):
        if stream is None:
            reason = "has no sound at all: `generate --direction=i2s` makes it one."
            raise MediaError(path, "not_audio", reason)
        begin = float((stream.start_time or 0) * stream.time_base)
    size, held, quiet, levels = round(BLOCK_SECONDS * _RATE), np.empty(0), [], []
    for block in sound_blocks(path, _RATE, on_damage="keep"):
        held = np.concatenate([held, block])
        rows = held[: len(held) // size * size].reshape(-1, size)
        held = held[rows.size :]
        quiet.append(~sounding(rows))
        levels.append(np.sqrt((rows**2).mean(axis=1)))
    silent, loudness = np.concatenate(quiet), np.concatenate(levels)
    given = _within(given, begin + BLOCK_SECONDS * len(silent), "sound")
    bad = [Bad(start, end, "given") for start, end in given]
    if "silence" in find:
        for first, last in _runs(silent):
            start, end = (begin + BLOCK_SECONDS * k for k in (first, last))
            if end - start >= shortest and not _meets(start, end, given):
                bad.append(Bad(start, end, "silence"))
    return sorted(bad, key=lambda one: one.start), loudness


def _within(given: Sequence[Span], end: float, what: str) -> list[Span]:
    """Stretches as far as there is anything.

    Raises:
      ValueError: one begins behind the end.
    """
    for first, last in given:
        if first >= end:
            raise ValueError(
                f"the stretch {first:g}-{last:g} begins behind the end of the {what}, "
                f"at {end:.2f} s."
            )
    return [(first, min(last, end)) for first, last in given]


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Where flags are set, as (first, behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _meets(start: float, end: float, spans: Sequence[Span]) -> bool:
    return any(start < b and end > a for a, b in spans)


def survey_pictures(
    path: Path, given: Sequence[Span], *, find: Collection[str], shortest: float
) -> list[Bad]:
    """Bad stretches of a film's pictures, in order.

    Args, raises: as `survey_sound`. Frozen are pictures exactly like the one before.
    """
    bad, open_at, reason, before, last = [], None, "", None, None
    with open_streams(path) as (container, stream, _):
        end = 0.0
        for time, frame, why in _judged(container, stream, given, find):
            if open_at is not None and why != reason:
                after = None if why else frame.to_ndarray(format="rgb24")
                bad.append(Bad(open_at, time, reason, before, after))
                open_at = None
            if why and open_at is None:
                open_at, reason = time, why
                good = last if last is not None else None
                before = good.to_ndarray(format="rgb24") if good is not None else None
            if not why:
                last = frame
            end = time + float(1 / (stream.average_rate or 25))
        if open_at is not None:
            bad.append(Bad(open_at, end, reason, before, None))
    _within(given, end, "pictures")
    return [b for b in bad if b.reason == "given" or b.end - b.start >= shortest]


def _judged(container, stream, given: Sequence[Span], find: Collection[str]):
    """Every picture with its time, and why it is bad, or nothing."""
    previous = None
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except (ffmpeg.FfmpegError, ValueError):
            continue
        for frame in frames:
            small = frame.reformat(_SEEN_SIDE, _SEEN_SIDE, "gray").to_ndarray()
            why = ""
            if _meets(frame.time, frame.time + 1e-3, given):
                why = "given"
            elif frame.is_corrupt:
                why = "damaged"
            elif "black" in find and small.max() <= _BLACK_LEVEL:
                why = "black"
            elif "frozen" in find and np.array_equal(small, previous):
                why = "frozen"
            previous = small
            yield frame.time, frame, why
