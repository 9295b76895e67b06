"""Log-mel spectrogram to waveform: the way back from what a network makes.

A mel band says how much power its bins hold together, not how they share it, and
nothing says their phase. Fast Griffin-Lim (Perraudin et al., 2013) finds the phase;
here every one of its iterations also scales the bins so that they add up to the bands
again, by multiplicative updates of a non-negative fit. Fitting both together leaves
half the error of fitting the magnitudes first and the phase afterwards; beginning with
phases of steady tones instead of random ones halves it once more.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Key

from cmgan_jax.signals.representation import Representation
from cmgan_jax.signals.stft import istft, stft

# Iterations fitting magnitudes alone, and the waveform.
_MAGNITUDE_STEPS = 10
_ITERATIONS = 32
_MOMENTUM = 0.99
# A bin shares its correction with its neighbours, so one whole step falls short.
_OVER_RELAXATION = 1.5
# Bins to either side that take part in one tone: a Hann window's lobe and a mel band.
_LOBE = 4
# No iteration scales a bin's power by more than exp(6), or 26 dB.
_LARGEST_LOG_STEP = 6.0
# Powers below are 0: 1.2e-12 of the loudest band, far under any dynamic range kept.
_TINY = 1e-12
# Half a step of uint8, in the unit of a log-mel in [-1, 1].
_HALF_STEP = 0.5 / 127.5


def invert(
    log_mel: Float[Array | np.ndarray, "b m t"],
    *,
    filter_bank: Float[Array | np.ndarray, "m f"],
    representation: Representation,
    key: Key[Array, ""],
    iterations: int = _ITERATIONS,
) -> Float[Array, "b w"]:
    """Waveforms whose log-mel spectrograms are the given ones.

    The batch is one compiled call; every new batch size compiles anew. An item's
    waveform does not depend on the items beside it.

    Args:
      log_mel: [b n_mels frames] in [-1, 1], row 0 the lowest band; -1 is top_db or
        more below the window's maximum and 1 is that maximum.
      filter_bank: mel weights of power spectra, [n_mels, 1 + n_fft // 2].
      representation: how the log-mel spectrogram was made.
      key: random key of the phase to begin with, one for the whole batch.
      iterations: of Griffin-Lim; the cost grows in proportion.

    Returns:
      [b window_samples], float32, the largest sample of each being 1 in magnitude, as
      a log-mel spectrogram does not say how loud its window was; zeros where it is -1
      throughout.

    Raises:
      ValueError: a shape that is not the representation's, or frames that overlap by
        less than half.
    """
    _require_shapes(log_mel.shape, filter_bank.shape, representation)
    return _invert(log_mel, filter_bank, key, representation, iterations)


def _require_shapes(
    log_mel: tuple[int, ...],
    filter_bank: tuple[int, ...],
    representation: Representation,
) -> None:
    bands, frames = representation.n_mels, representation.frames
    bins = 1 + representation.n_fft // 2
    if log_mel[1:] != (bands, frames):
        raise ValueError(
            f"log_mel has shape {list(log_mel)}; this representation has [b, {bands}, "
            f"{frames}]: n_mels bands and the frames of one window."
        )
    if filter_bank != (bands, bins):
        raise ValueError(
            f"filter_bank has shape {list(filter_bank)}; this representation has "
            f"[{bands}, {bins}]: use data.log_mel.filter_bank(representation)."
        )
    if 2 * representation.hop_length > representation.n_fft:
        raise ValueError(
            f"hop_length={representation.hop_length} is more than half of "
            f"n_fft={representation.n_fft}: frames overlap too little to find a "
            "waveform. Prepare the data with a shorter hop."
        )


@functools.partial(jax.jit, static_argnames=("representation", "iterations"))
def _invert(log_mel, filter_bank, key, representation, iterations):
    bands = _band_powers(log_mel, representation.top_db)
    begun = jnp.zeros((len(bands), 0), bands.dtype)
    waveform = find_waveform(
        bands,
        begun,
        filter_bank=filter_bank,
        representation=representation,
        key=key,
        iterations=iterations,
    )
    silent = (bands <= floor_power(representation.top_db)).all(axis=(1, 2))[:, None]
    peak = jnp.abs(waveform).max(axis=1, keepdims=True)
    return jnp.where(silent, 0.0, waveform / jnp.maximum(peak, _TINY))


def find_waveform(
    bands: Float[Array, "b t m"],
    begun: Float[Array, "b k"],
    *,
    filter_bank: Float[Array | np.ndarray, "m f"],
    representation: Representation,
    key: Key[Array, ""],
    iterations: int = _ITERATIONS,
) -> Float[Array, "b w"]:
    """Waveforms whose mel bands have the given powers, continuing what is begun.

    Args:
      bands: powers, `floor_power` or more.
      begun: the first samples of the waveforms where a block of a longer sound is
        looked for: their first half is kept, their second half faded out for what is
        found; k = 0 where nothing is begun.
      filter_bank: mel weights of power spectra, [n_mels, 1 + n_fft // 2].
      representation: of the block.
      key: random key of the phase to begin with.
      iterations: of Griffin-Lim.

    Returns:
      [b window_samples], in the scale of the powers.
    """
    power = _bin_powers(bands, filter_bank)
    angles = _tone_angles(power, key, representation)
    kept = begun.shape[1]
    fixed = begun * _kept_weight(kept)
    if kept:
        angles += _continued(angles, begun, representation)
    spectrum = jnp.sqrt(power) * jnp.exp(1j * angles)

    def waveform_of(spectrum):
        waveform = istft(spectrum, representation)
        return (
            waveform.at[:, :kept]
            .multiply(1 - _kept_weight(kept))
            .at[:, :kept]
            .add(fixed)
        )

    def consistent(spectrum):
        return stft(waveform_of(spectrum), representation)

    def iterate(_, carry):
        extrapolated, previous = carry
        fitted = _fit_bands(previous, bands, filter_bank) * _phase(extrapolated)
        current = consistent(fitted)
        return current + _MOMENTUM * (current - previous), current

    spectrum = consistent(spectrum)
    extrapolated, spectrum = jax.lax.fori_loop(
        0, iterations, iterate, (spectrum, spectrum)
    )
    fitted = _fit_bands(spectrum, bands, filter_bank) * _phase(extrapolated)
    return waveform_of(fitted)


def _kept_weight(kept: int) -> Float[Array, "1 k"]:
    """1 in the first half of what is begun, then falling to 0."""
    place = jnp.arange(kept) / max(kept, 1)
    return jnp.cos(jnp.pi * jnp.clip(place - 0.5, 0.0, 0.5))[None] ** 2


def _continued(
    angles: Float[Array, "b t f"],
    begun: Float[Array, "b k"],
    representation: Representation,
) -> Float[Array, "b 1 f"]:
    """What to add to angles so that every tone goes on as it was begun."""
    rest = representation.window_samples - begun.shape[1]
    known = stft(jnp.pad(begun, ((0, 0), (0, rest))), representation)
    # The last frame that lies within the half of the samples that is kept.
    reach = begun.shape[1] // 2 - representation.n_fft // 2
    last = max(reach // representation.hop_length, 0)
    frame = known[:, last : last + 1]
    # What was silent begins as if nothing were begun.
    heard = jnp.abs(frame) > jnp.sqrt(_TINY)
    return jnp.where(heard, jnp.angle(frame) - angles[:, last : last + 1], 0.0)


def floor_power(top_db: float) -> float:
    """Power that stands for "at or below -top_db": 5 dB less."""
    return 10 ** (-(top_db + 5.0) / 10)


def _band_powers(
    log_mel: Float[Array, "b m t"], top_db: float
) -> Float[Array, "b t m"]:
    """[-1, 1] to power relative to the window's maximum."""
    decibels = (jnp.clip(log_mel, -1.0, 1.0) - 1.0) * (top_db / 2)
    at_floor = log_mel <= -1.0 + _HALF_STEP
    power = jnp.where(at_floor, floor_power(top_db), 10 ** (decibels / 10))
    return power.swapaxes(1, 2)


def _bin_powers(
    bands: Float[Array, "b t m"], filter_bank: Float[Array, "m f"]
) -> Float[Array, "b t f"]:
    """The smoothest power spectra of these mel bands."""
    power = jnp.ones((*bands.shape[:2], filter_bank.shape[1]), bands.dtype)

    def step(_, power):
        return power * _correction(power, bands, filter_bank)

    return jax.lax.fori_loop(0, _MAGNITUDE_STEPS, step, power)


def _tone_angles(
    power: Float[Array, "b t f"], key: Key[Array, ""], representation: Representation
) -> Float[Array, "b t f"]:
    """Angles of steady tones, in radians: each bin turns as the tone it belongs to.

    The tone's frequency is the centre of the power around the bin, so that a whole lobe
    turns together (after Beauregard, Harish and Wyse, 2015, who look for peaks).
    """
    bins = jnp.arange(power.shape[-1], dtype=power.dtype)[None, None]
    around = (1, 1, 2 * _LOBE + 1)
    moment, mass = (
        jax.lax.reduce_window(a, 0.0, jax.lax.add, around, (1, 1, 1), "SAME")
        for a in (power * bins, power)
    )
    tone = moment / jnp.maximum(mass, _TINY)
    turns = jnp.cumsum(tone * (representation.hop_length / representation.n_fft), 1)
    # Neighbouring lobes begin anywhere, or all would click together; alike for all
    # items, so that none depends on its place in the batch.
    lobes = jax.random.uniform(key, (1, 1, -(-power.shape[-1] // (2 * _LOBE))))
    begin = jnp.repeat(lobes, 2 * _LOBE, axis=-1)[..., : power.shape[-1]]
    # Half a turn from bin to bin puts a lobe's energy in the middle of its frame.
    return 2 * jnp.pi * (begin + turns + bins / 2)


def _fit_bands(
    spectrum: Complex[Array, "b t f"],
    bands: Float[Array, "b t m"],
    filter_bank: Float[Array, "m f"],
) -> Float[Array, "b t f"]:
    """The spectrum's magnitudes, scaled towards the bands."""
    power = spectrum.real**2 + spectrum.imag**2
    return jnp.sqrt(power * _correction(power, bands, filter_bank))


def _correction(
    power: Float[Array, "b t f"],
    bands: Float[Array, "b t m"],
    filter_bank: Float[Array, "m f"],
) -> Float[Array, "b t f"]:
    """Multiplicative step of a non-negative fit: brings mel bands nearer to `bands`.

    The weighted geometric mean of the missing factors of the bands that a bin is part
    of (multiplicative algebraic reconstruction; Gordon, Bender and Herman, 1970).
    Ratios, not differences, so that quiet bands count as much as loud ones, as in dB.
    0 where no band reaches: nothing else holds the rumble below fmin down.
    """
    # An accelerator rounds factors to bfloat16 unless told not to.
    found = jnp.matmul(power, filter_bank.T, precision=jax.lax.Precision.HIGHEST)
    found = jnp.maximum(found, _TINY)
    missing = jnp.clip(jnp.log(bands / found), -_LARGEST_LOG_STEP, _LARGEST_LOG_STEP)
    total = filter_bank.sum(axis=0, keepdims=True)
    share = filter_bank / jnp.where(total > 0, total, 1.0)
    mean = jnp.matmul(missing, share, precision=jax.lax.Precision.HIGHEST)
    step = jnp.exp(_OVER_RELAXATION * mean)
    return jnp.where(total[None] > 0, step, 0.0)


def _phase(spectrum: Complex[Array, "b t f"]) -> Complex[Array, "b t f"]:
    return spectrum / jnp.maximum(jnp.abs(spectrum), _TINY)
