"""Sound files to one channel at a given rate, as a stream or at once.

Which library reads what is decided by a file's first bytes, never by its name: WAV of
plain samples is read here; AIFF, AU, CAF and W64 of plain samples, and Ogg, by
libsndfile; everything else (compressed sounds, films) by FFmpeg. All read to the end of
what is there; what a header promises only tells whether something is missing.
"""

import itertools
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np
import soxr
from jaxtyping import Bool, Float

from cmgan_jax.media import ffmpeg, libsndfile, wav
from cmgan_jax.media.channels import mix_down
from cmgan_jax.media.containers import what_is_missing
from cmgan_jax.media.errors import DAMAGE, MediaError, only_media_errors
from cmgan_jax.media.foreign import why_no_sound
from cmgan_jax.media.opening import MediaFile, open_media

# -80 dB of full scale, three steps of a 16-bit file: what dither alone can reach.
SILENCE_PEAK = 1e-4
# No recorder is outside of these; a header that is has been damaged.
SAMPLE_RATES = (1_000, 768_000)
MOST_CHANNELS = 64
LARGEST_SAMPLE = 2.0**32  # floats of full scale 2**31 have been seen
LONGEST_HOURS = 100  # of a stream
LONGEST_AT_ONCE = 1800  # seconds that `decode_sound` returns
ON_DAMAGE = ("refuse", "keep")


def decode_sound(
    path: str | os.PathLike,
    sample_rate: int,
    *,
    on_damage: str = "refuse",
    notes: list[str] | None = None,
) -> Float[np.ndarray, " t"]:
    """Reads a sound, or the sound of a film, of up to half an hour as one channel.

    See `sound_blocks` for how; longer ones are read by it, or by `windows_of`.

    Args:
      path: the file.
      sample_rate: rate of the result, in Hz.
      on_damage: "refuse" raises truncated and damaged, "keep" returns what is there.
      notes: gets sentences on what was done to the sound.

    Returns:
      Samples, full scale [-1, 1], mean 0, float32 [t].

    Raises:
      MediaError: as `sound_blocks`; silence (the whole file); out_of_limits, longer
        than half an hour.
    """
    held, count, most = [], 0, LONGEST_AT_ONCE * sample_rate
    for block in sound_blocks(path, sample_rate, on_damage=on_damage, notes=notes):
        held.append(block)
        count += len(block)
        if count > most:
            raise MediaError(
                path,
                "out_of_limits",
                f"lasts more than {LONGEST_AT_ONCE // 60} minutes, which are read at "
                "once here: cut it into shorter pieces.",
            )
    waveform = np.concatenate(held)
    if is_silent(waveform):
        raise MediaError(
            path, "silence", f"no sample leaves the mean by {SILENCE_PEAK:g}."
        )
    return waveform - waveform.mean(dtype=np.float64).astype(np.float32)


def sound_blocks(
    path: str | os.PathLike,
    sample_rate: int,
    *,
    on_damage: str = "refuse",
    notes: list[str] | None = None,
) -> Iterator[Float[np.ndarray, " t"]]:
    """A sound of any length as one channel, a block of about a second at a time.

    Channels are mixed as `channels.mix_down` says; another rate is resampled without a
    break with soxr's high quality. Offsets stay: who takes a piece subtracts its mean.

    Args:
      path: the file.
      sample_rate: rate of the result, in Hz.
      on_damage: "refuse" raises truncated and damaged after the last block there is;
        "keep" ends there with a note.
      notes: gets sentences on what was done to the sound.

    Yields:
      Samples, full scale [-1, 1], float32 [t], t > 0.

    Raises:
      MediaError: truncated, damaged, unreadable, not_audio, not_regular, zero_length,
        non_finite, out_of_limits or permission.
      ValueError: unknown on_damage.
    """
    if on_damage not in ON_DAMAGE:
        raise ValueError(f"on_damage={on_damage!r}; known: {', '.join(ON_DAMAGE)}.")
    notes = [] if notes is None else notes
    with _recording(path, on_damage, notes) as (recorded_rate, blocks):
        mono = mix_down(blocks, notes)
        yield from _resampled(mono, recorded_rate, sample_rate)


@contextmanager
def recorded_sound(
    path: str | os.PathLike,
) -> Iterator[tuple[int, Iterator[Float[np.ndarray, "t c"]]]]:
    """A sound of any length as it was recorded, a block of about a second at a time.

    Args:
      path: the file.

    Yields:
      Samples per second, and blocks float32 [t c], full scale [-1, 1], c = 1 or 2: of
      more channels one is mixed, as `channels.mix_down` says.

    Raises:
      MediaError: as `sound_blocks`, while blocks are read, too.
    """
    with _recording(path, "refuse", []) as (rate, blocks):
        first = next(blocks)
        blocks = itertools.chain([first], blocks)
        if first.shape[1] > 2:
            blocks = (block[:, np.newaxis] for block in mix_down(blocks, []))
        yield rate, blocks


@contextmanager
def _recording(
    path: str | os.PathLike, on_damage: str, notes: list[str]
) -> Iterator[tuple[int, Iterator[Float[np.ndarray, "t c"]]]]:
    """The rate of a file's sound and its blocks, all checked; damage as asked."""
    with (
        open_media(path) as file,
        only_media_errors(path),
        _decoder(file) as (rate, blocks),
    ):
        _require_rate(file, rate)
        yield rate, _checked(file, blocks, rate, on_damage, notes)


@contextmanager
def _decoder(file: MediaFile) -> Iterator[tuple[int, Iterator]]:
    """The rate and the blocks [t c] of an open file, by the reader that is right."""
    header = wav.read_header(file) if wav.is_wav(file.head) else None
    if header is not None:
        _require_channels(file, header.channels)
        _require_rate(file, header.sample_rate)
    if header is not None and header.plain:
        yield header.sample_rate, wav.read_samples(file, header)
        return
    sound = libsndfile.open_sound(file)
    if sound is not None:
        with sound:
            _require_channels(file, sound.channels)
            yield sound.samplerate, libsndfile.read_samples(sound, file)
        return
    file.seek(0)
    with closing(_open_ffmpeg(file)) as decoded:
        _require_channels(file, decoded.channels)
        yield decoded.sample_rate, _whole_wav(decoded.blocks(), file, header)


def _open_ffmpeg(file: MediaFile) -> ffmpeg.FfmpegSound:
    try:
        return ffmpeg.FfmpegSound(file)
    except ffmpeg.FfmpegError as error:
        if isinstance(error, MemoryError):
            raise
        missing = what_is_missing(file)
        if missing:
            reason = f"{missing}, and nothing can be decoded without: copy it again."
            raise MediaError(file.path, "truncated", reason) from error
        if ffmpeg.is_recognisable(file.head):
            raise MediaError(
                file.path,
                "unreadable",
                "begins as a sound, but its header is damaged or cut off: copy it "
                "again from where it came from.",
            ) from error
        reason = why_no_sound(file.path, file.head)
        raise MediaError(file.path, "not_audio", reason) from error


def _whole_wav(
    blocks: Iterator, file: MediaFile, header: wav.WavHeader | None
) -> Iterator[Float[np.ndarray, "t c"]]:
    """The blocks of a compressed WAV, whose missing end FFmpeg does not notice."""
    yield from blocks
    if header is not None:
        wav.require_all(file.path, header)


def _require_rate(file: MediaFile, rate: int) -> None:
    lowest, highest = SAMPLE_RATES
    if not lowest <= rate <= highest:
        raise MediaError(
            file.path,
            "out_of_limits",
            f"states a rate of {rate} Hz; rates from {lowest} to {highest} Hz are "
            "read. If the header is wrong: sox -r 44100 IN.wav OUT.wav",
        )


def _require_channels(file: MediaFile, channels: int) -> None:
    if not 1 <= channels <= MOST_CHANNELS:
        raise MediaError(
            file.path,
            "out_of_limits",
            f"states {channels} channels; 1 to {MOST_CHANNELS} are read.",
        )


def _checked(
    file: MediaFile, blocks: Iterator, rate: int, on_damage: str, notes: list[str]
) -> Iterator[Float[np.ndarray, "t c"]]:
    """Blocks that are samples and not endless, and at least one; damage as asked."""
    count = 0
    try:
        for block in blocks:
            count += len(block)
            bad = np.count_nonzero(~(np.abs(block) <= LARGEST_SAMPLE))
            if bad:
                raise MediaError(
                    file.path,
                    "non_finite",
                    f"{bad} samples about {count / rate:.1f} s are NaN, infinite or "
                    "beyond any scale: export it again as 16- or 24-bit samples.",
                )
            if count > LONGEST_HOURS * 3600 * rate:
                reason = f"lasts more than {LONGEST_HOURS} hours: cut it into pieces."
                raise MediaError(file.path, "out_of_limits", reason)
            yield block
    except MediaError as error:
        if on_damage == "refuse" or error.kind not in DAMAGE or count == 0:
            raise
        notes.append(f"{error.kind}: {error.reason} The part that is there is used.")
    if count == 0:
        raise MediaError(file.path, "zero_length", "the sound holds no samples.")


def _resampled(
    blocks: Iterator[Float[np.ndarray, " t"]], recorded: int, wanted: int
) -> Iterator[Float[np.ndarray, " t"]]:
    """Blocks at another rate, ceil(wanted / recorded) times as many samples."""
    if recorded == wanted:
        yield from (block.astype(np.float32, copy=False) for block in blocks)
        return
    resampler = soxr.ResampleStream(recorded, wanted, 1, dtype="float32", quality="HQ")
    taken = given = 0
    for block in blocks:
        taken += len(block)
        made = resampler.resample_chunk(block.astype(np.float32, copy=False))
        given += len(made)
        if len(made):
            yield made
    rest = resampler.resample_chunk(np.empty(0, np.float32), last=True)
    # A sample more or less at the end is the resampler's rounding.
    left = max(-(-taken * wanted // recorded) - given, 0)
    rest = np.pad(rest[:left], (0, left - len(rest[:left])))
    if len(rest):
        yield rest


def is_silent(waveform: Float[np.ndarray, " t"]) -> bool:
    """Whether samples in [-1, 1] stay within SILENCE_PEAK of a constant."""
    return bool(np.ptp(waveform) < 2 * SILENCE_PEAK)


def sounding(windows: Float[np.ndarray, "n w"]) -> Bool[np.ndarray, " n"]:
    """Which windows are not silent, by the rule of `is_silent`."""
    return np.ptp(windows, axis=1) >= 2 * SILENCE_PEAK


def resample(
    waveform: Float[np.ndarray, " t"], recorded: int, wanted: int
) -> Float[np.ndarray, " s"]:
    """A whole waveform at another rate, in Hz both."""
    return soxr.resample(waveform, recorded, wanted, quality="HQ")
