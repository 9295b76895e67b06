"""The thirteen instruments of Sub-URMP: what each can play and how it sounds.

A tone is a sum of partials. The level of partial k at f Hz is a source spectrum that
falls with log2(k), plus resonances of the body (formants), less the fall above a
cutoff; noise of the bow or the breath is added. Ranges are the instruments' own; the
other numbers are set by hand and checked by measurement, not taken from recordings.
"""

import dataclasses

import numpy as np
from jaxtyping import Float


@dataclasses.dataclass(frozen=True)
class Formant:
    """A resonance of the body.

    Attributes:
      hertz: its centre.
      gain: its height, in dB.
      octaves: its width (standard deviation), in octaves.
    """

    hertz: float
    gain: float
    octaves: float


@dataclasses.dataclass(frozen=True)
class Instrument:
    """One instrument's range and timbre.

    Attributes:
      name: class name, as Sub-URMP's folders spell it.
      lowest: lowest note played, a MIDI number.
      highest: highest note played, a MIDI number.
      slope: fall of the source spectrum, in dB per octave of the partial's number.
      formants: resonances of the body.
      cutoff: frequency above which the spectrum falls faster, in Hz.
      cutoff_slope: that further fall, in dB per octave.
      even: level of the even partials against the odd ones, in dB.
      swell: how much darker the tone is while it is soft, in dB per octave.
      attack: time to full loudness, in seconds.
      release: time to silence after the note's end, in seconds.
      sustain: loudness a long note settles at, against its beginning.
      vibrato_hertz: rate of the vibrato.
      vibrato_cents: depth of the vibrato in pitch.
      tremolo: depth of the vibrato in loudness, 0 to 1.
      glide: seconds a note takes to arrive from the one before.
      noise: level of bow or breath noise, in dB below the tone.
      noise_hertz: centre of that noise.
      noise_octaves: width (standard deviation) of that noise, in octaves.
      chiff: extra noise while a note speaks, as a multiple of the steady noise.
      jitter: depth of the irregular pitch wander, in cents.
    """

    name: str
    lowest: int
    highest: int
    slope: float
    formants: tuple[Formant, ...]
    cutoff: float
    cutoff_slope: float
    even: float = 0.0
    swell: float = 3.0
    attack: float = 0.05
    release: float = 0.08
    sustain: float = 0.85
    vibrato_hertz: float = 5.5
    vibrato_cents: float = 0.0
    tremolo: float = 0.0
    glide: float = 0.01
    noise: float = 45.0
    noise_hertz: float = 3000.0
    noise_octaves: float = 1.0
    chiff: float = 1.0
    jitter: float = 3.0


def spectral_envelope(
    instrument: Instrument,
    pitch_hertz: float,
    partials: int,
    *,
    brightness: float,
    formant_shift: float,
) -> Float[np.ndarray, "partials"]:
    """Amplitudes of the partials of one tone, unit power in all.

    Args:
      instrument: the instrument.
      pitch_hertz: fundamental frequency, in Hz.
      partials: number of partials.
      brightness: added to the source spectrum, in dB per octave.
      formant_shift: factor on the formants' frequencies.

    Returns:
      Linear amplitudes of partials 1, 2, ..., [partials].
    """
    number = np.arange(1, partials + 1)
    hertz = number * pitch_hertz
    level = (brightness - instrument.slope) * np.log2(number)
    level += np.where(number % 2 == 0, instrument.even, 0.0)
    for formant in instrument.formants:
        away = np.log2(hertz / (formant.hertz * formant_shift)) / formant.octaves
        level += formant.gain * np.exp(-0.5 * away**2)
    above = np.maximum(0.0, np.log2(hertz / (instrument.cutoff * formant_shift)))
    level -= instrument.cutoff_slope * above
    amplitude = 10.0 ** (level / 20.0)
    return amplitude / np.sqrt(np.sum(amplitude**2))


_STRINGS = {
    "attack": 0.07,
    "release": 0.12,
    "vibrato_cents": 20.0,
    "tremolo": 0.1,
    "glide": 0.03,
    "chiff": 1.5,
    "jitter": 6.0,
}

_TABLE = (
    Instrument(
        name="bassoon",
        lowest=34,
        highest=67,
        slope=3.0,
        formants=(Formant(480.0, 15.0, 0.35), Formant(1150.0, 6.0, 0.3)),
        cutoff=2400.0,
        cutoff_slope=18.0,
        attack=0.03,
        vibrato_cents=6.0,
        noise=46.0,
        noise_hertz=1800.0,
    ),
    Instrument(
        name="cello",
        lowest=36,
        highest=69,
        slope=5.5,
        formants=(
            Formant(110.0, 5.0, 0.3),
            Formant(230.0, 6.0, 0.3),
            Formant(600.0, 5.0, 0.3),
            Formant(1500.0, 8.0, 0.35),
        ),
        cutoff=2600.0,
        cutoff_slope=14.0,
        vibrato_hertz=5.2,
        noise=34.0,
        noise_hertz=2600.0,
        **_STRINGS,
    ),
    Instrument(
        name="clarinet",
        lowest=50,
        highest=84,
        slope=7.0,
        formants=(Formant(1500.0, 7.0, 0.4),),
        cutoff=4000.0,
        cutoff_slope=12.0,
        even=-24.0,
        swell=4.0,
        attack=0.035,
        noise=48.0,
        noise_hertz=3500.0,
        jitter=2.0,
    ),
    Instrument(
        name="double_bass",
        lowest=28,
        highest=55,
        slope=5.0,
        formants=(
            Formant(75.0, 6.0, 0.3),
            Formant(130.0, 6.0, 0.3),
            Formant(380.0, 4.0, 0.4),
        ),
        cutoff=750.0,
        cutoff_slope=13.0,
        vibrato_hertz=4.8,
        noise=33.0,
        noise_hertz=1300.0,
        **_STRINGS | {"attack": 0.1, "vibrato_cents": 12.0},
    ),
    Instrument(
        name="flute",
        lowest=60,
        highest=91,
        slope=10.0,
        formants=(Formant(900.0, 3.0, 0.6),),
        cutoff=4000.0,
        cutoff_slope=12.0,
        attack=0.06,
        vibrato_cents=9.0,
        tremolo=0.25,
        noise=23.0,
        noise_hertz=2600.0,
        noise_octaves=1.3,
        chiff=2.5,
    ),
    Instrument(
        name="horn",
        lowest=41,
        highest=74,
        slope=6.0,
        formants=(Formant(350.0, 8.0, 0.5), Formant(700.0, 3.0, 0.4)),
        cutoff=1200.0,
        cutoff_slope=14.0,
        swell=6.0,
        attack=0.06,
        noise=50.0,
        noise_hertz=700.0,
        jitter=4.0,
    ),
    Instrument(
        name="oboe",
        lowest=58,
        highest=87,
        slope=1.5,
        formants=(Formant(1150.0, 14.0, 0.35), Formant(2900.0, 12.0, 0.25)),
        cutoff=4500.0,
        cutoff_slope=20.0,
        swell=2.0,
        attack=0.025,
        vibrato_hertz=5.8,
        vibrato_cents=10.0,
        tremolo=0.1,
        noise=44.0,
        noise_hertz=5000.0,
    ),
    Instrument(
        name="sax",
        lowest=49,
        highest=80,
        slope=3.5,
        formants=(
            Formant(700.0, 7.0, 0.4),
            Formant(1500.0, 6.0, 0.4),
            Formant(2400.0, 4.0, 0.3),
        ),
        cutoff=4800.0,
        cutoff_slope=12.0,
        swell=4.0,
        attack=0.035,
        vibrato_hertz=5.0,
        vibrato_cents=18.0,
        tremolo=0.15,
        glide=0.03,
        noise=29.0,
        noise_hertz=4500.0,
        chiff=2.0,
        jitter=6.0,
    ),
    Instrument(
        name="trombone",
        lowest=40,
        highest=70,
        slope=3.0,
        formants=(Formant(520.0, 8.0, 0.6), Formant(1500.0, 4.0, 0.5)),
        cutoff=3600.0,
        cutoff_slope=12.0,
        swell=7.0,
        attack=0.04,
        vibrato_cents=5.0,
        glide=0.06,
        noise=46.0,
        noise_hertz=1500.0,
        chiff=3.0,
    ),
    Instrument(
        name="trumpet",
        lowest=54,
        highest=84,
        slope=1.5,
        formants=(Formant(1300.0, 7.0, 0.6), Formant(2600.0, 6.0, 0.5)),
        cutoff=6500.0,
        cutoff_slope=10.0,
        swell=7.0,
        attack=0.025,
        vibrato_cents=6.0,
        noise=47.0,
        noise_hertz=3000.0,
        chiff=3.0,
    ),
    Instrument(
        name="tuba",
        lowest=28,
        highest=58,
        slope=6.0,
        formants=(Formant(230.0, 8.0, 0.6),),
        cutoff=700.0,
        cutoff_slope=16.0,
        swell=5.0,
        attack=0.06,
        release=0.1,
        noise=38.0,
        noise_hertz=450.0,
        chiff=2.0,
        jitter=5.0,
    ),
    Instrument(
        name="viola",
        lowest=48,
        highest=79,
        slope=5.0,
        formants=(
            Formant(230.0, 6.0, 0.25),
            Formant(380.0, 5.0, 0.25),
            Formant(1000.0, 9.0, 0.4),
        ),
        cutoff=2200.0,
        cutoff_slope=9.0,
        vibrato_hertz=5.6,
        noise=33.0,
        noise_hertz=3200.0,
        **_STRINGS,
    ),
    Instrument(
        name="violin",
        lowest=55,
        highest=91,
        slope=5.0,
        formants=(
            Formant(290.0, 5.0, 0.25),
            Formant(500.0, 6.0, 0.3),
            Formant(3000.0, 10.0, 0.5),
        ),
        cutoff=5500.0,
        cutoff_slope=14.0,
        vibrato_hertz=6.2,
        noise=32.0,
        noise_hertz=5500.0,
        **_STRINGS,
    ),
)

INSTRUMENTS: dict[str, Instrument] = {entry.name: entry for entry in _TABLE}
