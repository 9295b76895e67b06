"""What makes a tone an instrument's own: its partials, its noise, how it speaks.

A tone is a sum of partials. The level of partial k at f Hz is a source spectrum that
falls with log2(k), plus resonances of the body (formants), less the fall above a
cutoff; noise of the bow or the breath is added.
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
) -> Float[np.ndarray, " partials"]:
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
