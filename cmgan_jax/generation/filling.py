"""What is put in the place of missing sound and missing pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, UInt8

from cmgan_jax.generation.film_of_recording import pictures_of_sound
from cmgan_jax.generation.levelling import HIGHEST_PEAK, LEVEL_RMS
from cmgan_jax.generation.pieces import PieceSettings
from cmgan_jax.generation.soundtrack import sound_of_pictures
from cmgan_jax.media.films import Film, open_film
from cmgan_jax.media.pictures import squeeze
from cmgan_jax.media.reencoding import Heard, Seen, Span
from cmgan_jax.media.sounds import resample
from cmgan_jax.media.splicing import open_streams
from cmgan_jax.media.survey import BLOCK_SECONDS, Bad
from cmgan_jax.runs.model import Model

SOUND_FADE = 0.05  # seconds, on either side of a stretch
PICTURE_FADE = 0.2  # at both ends within it
_LEAD = 0.25  # of sound that is made before a stretch and not used
_NEAR = 2.0  # seconds on either side whose loudness a stretch gets


class _Part:
    """A part of a film's pictures, as a reel of its own."""

    def __init__(self, film: Film, start: float, end: float):
        self._film, self._start, self._length = film, start, end - start

    def at(self, seconds: float) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture shown at a moment of the part; None after its end."""
        if seconds >= self._length:
            return None
        return self._film.at(self._start + seconds)


def sound_filler(
    model: Model,
    path: Path,
    stretches: Sequence[Bad],
    loudness: Float[np.ndarray, " n"],
    settings: PieceSettings,
) -> tuple[list[Span], Heard]:
    """Sound for stretches of a film, made of its pictures.

    As loud as what is near, crossfaded with it over SOUND_FADE outside of a stretch.

    Returns:
      Spans in which it is heard, fades included, and what puts it there.
    """
    fills = []
    with open_streams(path) as (_, shown, heard):
        clock = _begin(shown)
        rate, lag = heard.rate, _begin(heard)
    recorded = model.record.representation.sample_rate
    with open_film(path) as film:
        asked = clock
        for bad in stretches:
            start = max(bad.start - SOUND_FADE - _LEAD, asked)
            asked = bad.end + SOUND_FADE
            part = _Part(film, start - clock, asked - clock)
            blocks = sound_of_pictures(model, part, settings)
            wave = resample(np.concatenate(list(blocks)), recorded, rate)
            level = _level(bad, stretches, loudness, lag)
            fills.append((bad, start, _at_level(wave, level)))

    def put(begin: float, samples: Float32[np.ndarray, "t c"]):
        times = begin + np.arange(len(samples)) / rate
        for bad, start, wave in fills:
            outside = np.maximum(bad.start - times, times - bad.end)
            share = np.cos(np.pi / 2 * np.clip(outside / SOUND_FADE, 0, 1)) ** 2
            places = round((begin - start) * rate) + np.arange(len(samples))
            fill = wave[np.clip(places, 0, len(wave) - 1)]
            mixed = samples * (1 - share[:, None]) + (share * fill)[:, None]
            samples = mixed.astype(np.float32)
        return samples

    spans = [(bad.start - SOUND_FADE, bad.end + SOUND_FADE) for bad in stretches]
    return spans, put


def _begin(stream) -> float:
    return float((stream.start_time or 0) * stream.time_base)


def _level(
    bad: Bad, stretches: Sequence[Bad], loudness: np.ndarray, lag: float
) -> float:
    """Root mean square of the good sound near a stretch, or of all there is."""
    times = lag + BLOCK_SECONDS * np.arange(len(loudness))
    good = loudness > 0
    for one in stretches:
        good &= (times + BLOCK_SECONDS <= one.start) | (times >= one.end)
    near = good & (times > bad.start - _NEAR) & (times < bad.end + _NEAR)
    chosen = near if near.any() else good
    return float(np.sqrt((loudness[chosen] ** 2).mean())) if chosen.any() else LEVEL_RMS


def _at_level(wave: np.ndarray, level: float) -> Float32[np.ndarray, " w"]:
    sounding = wave[np.abs(wave) > 0]
    if not len(sounding):
        return wave
    gain = level / np.sqrt((sounding.astype(np.float64) ** 2).mean())
    return (min(gain, HIGHEST_PEAK / np.abs(wave).max()) * wave).astype(np.float32)


def picture_filler(
    model: Model, path: Path, stretches: Sequence[Bad], settings: PieceSettings
) -> tuple[list[Span], Seen]:
    """Pictures for stretches of a film, made of its sound.

    They lie over the last good picture, crossfaded with it and with the next good one
    over PICTURE_FADE within the stretch. Where it is silent the film stays as it is.

    Returns:
      Spans in which they are seen, and what puts them there.
    """
    with open_streams(path) as (_, _, heard):
        lag = _begin(heard)
    made, last = {}, 0
    for part in pictures_of_sound(model, path, settings):
        for seconds, picture in zip(*part, strict=True):
            time, last = seconds + lag, round(seconds / settings.film_hop)
            near = any(b.start - 1 < time < b.end + 1 for b in stretches)
            if near and picture.any():
                made[last] = picture

    def put(time: float, pixels: UInt8[np.ndarray, "h w 3"]):
        bad = next(b for b in stretches if b.start - 0.002 <= time < b.end)
        # The last picture is shown as long as its window lasts.
        picture = made.get(min(int((time - lag) / settings.film_hop + 1e-6), last))
        if picture is None:
            return pixels
        ground = next(p for p in (bad.before, bad.after, pixels) if p is not None)
        seen = _laid_over(ground, picture).astype(np.float32)
        for good, distance in (
            (bad.before, time - bad.start),
            (bad.after, bad.end - time),
        ):
            if good is not None and distance < PICTURE_FADE:
                share = distance / PICTURE_FADE
                seen = share * seen + (1 - share) * good
        return np.rint(seen).astype(np.uint8)

    # A picture is shown from its time on: the one at the end is good.
    return [(bad.start - 0.001, bad.end - 0.001) for bad in stretches], put


def _laid_over(ground: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """A square picture in the middle of a ground, as high or wide as it is."""
    height, width = ground.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    result = ground.copy()
    result[top : top + side, left : left + side] = squeeze(picture, side)
    return result
