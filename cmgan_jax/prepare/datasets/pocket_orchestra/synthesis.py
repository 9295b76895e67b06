"""Plays a song: additive synthesis, noise of bow or breath, and a room around it."""

import numpy as np
from jaxtyping import Complex64, Float, Float32

from cmgan_jax.prepare.datasets.pocket_orchestra.performers import Performer
from cmgan_jax.prepare.datasets.pocket_orchestra.recording import Recording
from cmgan_jax.prepare.datasets.pocket_orchestra.songs import Song
from cmgan_jax.prepare.datasets.pocket_orchestra.timbre import (
    Instrument,
    spectral_envelope,
)

_MOST_PARTIALS = 48


def hertz(pitch: float) -> float:
    """Frequency of a MIDI number, equal temperament, A4 = 69 = 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def _wander(
    rng: np.random.Generator, seconds: Float[np.ndarray, " n"], rate: float
) -> Float[np.ndarray, " n"]:
    """Slow irregular movement of unit variance: new values at `rate` per second."""
    points = rng.standard_normal(int(seconds[-1] * rate) + 2)
    return np.interp(seconds * rate, np.arange(len(points)), points)


def _partials(
    phase: Float[np.ndarray, " n"], count: int
) -> Complex64[np.ndarray, "count n"]:
    """exp(i k phase) for k = 1 ... count, by doubling instead of one sine each."""
    powers = np.empty((count, len(phase)), np.complex64)
    turn = np.mod(phase, 2 * np.pi).astype(np.float32)
    powers[0].real, powers[0].imag = np.cos(turn), np.sin(turn)
    done = 1
    while done < count:
        more = min(done, count - done)
        np.multiply(powers[:more], powers[done - 1], out=powers[done : done + more])
        done += more
    return powers


def _loudness_curve(
    instrument: Instrument, seconds: Float[np.ndarray, " n"], held: float
) -> Float[np.ndarray, " n"]:
    attack = min(instrument.attack, held / 2)
    rise = np.sin(np.pi / 2 * np.minimum(seconds / attack, 1.0)) ** 2
    settle = instrument.sustain + (1 - instrument.sustain) * np.exp(-seconds / 0.3)
    fall = np.clip(1.0 - (seconds - held) / instrument.release, 0.0, 1.0) ** 2
    return rise * settle * fall


def _pitch_curve(
    instrument: Instrument,
    performer: Performer,
    seconds: Float[np.ndarray, " n"],
    vibrato: Float[np.ndarray, " n"],
    *,
    detune: float,
    arrives_from: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, " n"]:
    """Departure from the written pitch, in cents."""
    cents = detune + instrument.jitter * _wander(rng, seconds, 25.0)
    cents += instrument.vibrato_cents * performer.vibrato_depth * vibrato
    return cents + 100.0 * arrives_from * np.exp(-seconds / (instrument.glide / 2))


def _note(
    instrument: Instrument,
    performer: Performer,
    pitch: float,
    *,
    held: float,
    detune: float,
    arrives_from: float,
    sample_rate: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """One note and the loudness of its noise, [n] each, n = held + release."""
    seconds = np.arange(int((held + instrument.release) * sample_rate)) / sample_rate
    rate = instrument.vibrato_hertz * performer.vibrato_rate
    # A player finds the note first and lets it vibrate after.
    vibrato = np.clip(seconds / 0.25 - 0.3, 0.0, 1.0)
    vibrato *= np.sin(2 * np.pi * rate * seconds + rng.uniform(0, 6))
    cents = _pitch_curve(
        *(instrument, performer, seconds, vibrato),
        **{"detune": detune, "arrives_from": arrives_from, "rng": rng},
    )
    base = hertz(pitch)
    phase = np.cumsum(base * 2.0 ** (cents / 1200.0)) * (2 * np.pi / sample_rate)
    count = max(1, min(_MOST_PARTIALS, int(0.46 * sample_rate / base)))
    loud = spectral_envelope(
        instrument,
        base,
        count,
        brightness=performer.brightness,
        formant_shift=performer.formant_shift,
    )
    soft = loud * np.arange(1, count + 1) ** (-instrument.swell / 6.02)
    turns = np.exp(1j * rng.uniform(0, 2 * np.pi, count))
    weights = (np.stack([loud, soft]) * turns).astype(np.complex64)
    # einsum stays on one thread: the songs are spread over processes already.
    bright, dark = np.einsum("wk,kn->wn", weights, _partials(phase, count)).imag

    curve = _loudness_curve(instrument, seconds, held)
    curve *= 1.0 + instrument.tremolo * vibrato + 0.04 * _wander(rng, seconds, 12.0)
    tone = curve * (dark + curve * (bright - dark))
    speaking = instrument.chiff * np.exp(-seconds / 0.04) * (seconds < held)
    return tone, np.maximum(curve, 0.0) * (1.0 + speaking)


def _coloured_noise(
    rng: np.random.Generator, level: Float[np.ndarray, " bins"], samples: int
) -> Float32[np.ndarray, " samples"]:
    """Noise of unit power whose spectrum follows `level`, in dB."""
    gain = 10.0 ** (level / 20.0)
    spectrum = rng.standard_normal((len(level), 2), np.float32) @ np.array(
        [1, 1j], np.complex64
    )
    noise = np.fft.irfft(spectrum * gain.astype(np.float32), n=samples)
    return noise / np.sqrt(np.mean(noise**2))


def _echo(
    dry: Float32[np.ndarray, " samples"],
    room_seconds: float,
    *,
    sample_rate: int,
    rng: np.random.Generator,
) -> Float32[np.ndarray, " samples"]:
    """The room's answer: convolution with noise that dies away."""
    length = int(room_seconds * sample_rate)
    seconds = np.arange(length, dtype=np.float32) / sample_rate
    answer = rng.standard_normal(length, np.float32)
    answer *= 10.0 ** (-3.0 * seconds / room_seconds)
    answer /= np.sqrt(np.sum(answer**2))
    padded = len(dry) + length
    padded += -padded % 4096
    spectrum = np.fft.rfft(dry, padded) * np.fft.rfft(answer, padded)
    return np.fft.irfft(spectrum, padded)[: len(dry)]


def _play_notes(
    song: Song,
    instrument: Instrument,
    performer: Performer,
    *,
    detune: float,
    samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> tuple[Float32[np.ndarray, " samples"], Float32[np.ndarray, " samples"]]:
    """All notes, and the loudness of the noise under them."""
    tone = np.zeros(samples, np.float32)
    noise = np.zeros(samples, np.float32)
    before = song.pitch[0]
    for onset, held, pitch, loudness in zip(
        song.onset, song.duration, song.pitch, song.loudness, strict=True
    ):
        note, breath = _note(
            instrument,
            performer,
            pitch,
            held=held,
            detune=detune,
            arrives_from=np.clip(before - pitch, -4, 4),
            sample_rate=sample_rate,
            rng=rng,
        )
        start = round(onset * sample_rate)
        stop = min(start + len(note), samples)
        tone[start:stop] += loudness * note[: stop - start]
        noise[start:stop] += loudness * breath[: stop - start]
        before = pitch
    return tone, noise


def synthesise(
    song: Song,
    instrument: Instrument,
    performer: Performer,
    recording: Recording,
    *,
    seconds: float,
    sample_rate: int,
    seed: int,
) -> Float32[np.ndarray, " samples"]:
    """The waveform of a song, the same for the same arguments.

    Args:
      song: what is played.
      instrument: on what.
      performer: by whom.
      recording: where, how tuned and how recorded.
      seconds: length of the waveform.
      sample_rate: samples per second, in Hz.
      seed: of the small irregularities and the room's echo.

    Returns:
      Waveform, its peak the recording's level, [samples].
    """
    rng = np.random.default_rng([seed, 2])
    samples = round(seconds * sample_rate)
    tone, breath = _play_notes(
        song,
        instrument,
        performer,
        detune=recording.detune,
        samples=samples,
        sample_rate=sample_rate,
        rng=rng,
    )
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / sample_rate), 20.0)
    away = np.log2(frequency / instrument.noise_hertz) / instrument.noise_octaves
    shaped = _coloured_noise(rng, -4.34 * away**2, samples)
    level = performer.noise - instrument.noise
    music = tone + breath * shaped * np.float32(10.0 ** (level / 20.0))
    echo = _echo(music, recording.room_seconds, sample_rate=sample_rate, rng=rng)
    music += np.float32(recording.room) * echo
    octaves = np.log2(frequency / 1000.0)
    colour = (10.0 ** (recording.tone * octaves / 20.0)).astype(np.float32)
    music = np.fft.irfft(np.fft.rfft(music) * colour, samples)
    music /= np.max(np.abs(music))
    hiss = _coloured_noise(rng, recording.hiss_tilt * octaves, samples)
    music += np.float32(10.0 ** (-recording.hiss / 20.0)) * hiss
    return music * np.float32(recording.level / np.max(np.abs(music)))
