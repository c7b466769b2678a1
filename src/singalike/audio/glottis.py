"""The glottal source: the LF pulse steered by one number, Rd, as a spectrum, and a band-limited pulse train.

Rd runs from 0.4 (pressed, loud, rich in overtones) to 2.7 (breathy, soft, dark). The pulse train is flat in
frequency up to the Nyquist frequency and holds nothing above it, so nothing folds back; the pulse's spectrum
shapes it later together with the vocal tract.

References:
    G. Fant, J. Liljencrants, Q. Lin: A four-parameter model of glottal flow. STL-QPSR 4/1985.
    G. Fant: The LF-model revisited. Transformations and frequency domain analysis. STL-QPSR 2-3/1995 (Rd).
    T. Stilson, J. Smith: Alias-free digital synthesis of classic analog waveforms. ICMC 1996 (pulse train).
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, exp, pi, sin

import numpy as np

RD_RANGE = (0.4, 2.7)
_RD_STEP = 0.05
_PER_HARMONIC = 32  # points of the spectrum's table between two harmonics
_HARMONICS = 400
_PERIOD = 2048  # samples of one period when the table is made


def lf_pulse(rd: float, n: int) -> np.ndarray:
    """Return one period (n,) of the LF glottal flow derivative, its negative peak −1 (Fant 1995)."""
    ra, rk = (-1.0 + 4.8 * rd) / 100.0, (22.4 + 11.8 * rd) / 100.0
    rg = rk / (4.0 * (0.11 * rd / (0.5 + 1.2 * rk) - ra))
    peak = 1.0 / (2.0 * rg)
    closing = peak * (1.0 + rk)
    rest, omega = 1.0 - closing, pi / peak
    epsilon = 1.0 / ra
    for _ in range(20):  # ε·Ta = 1 − exp(−ε·rest), by substitution
        epsilon = (1.0 - exp(-epsilon * rest)) / ra
    end = exp(-epsilon * rest)
    return_area = ((1.0 - end) / epsilon - rest * end) / (epsilon * ra)

    def net_flow(alpha: float) -> float:
        open_area = (alpha * sin(omega * closing) - omega * cos(omega * closing)) + omega * exp(-alpha * closing)
        return -open_area / (alpha**2 + omega**2) / sin(omega * closing) - return_area

    low, high = -30.0, 80.0
    for _ in range(50):  # the flow must return to zero: bisection for the growth α
        alpha = (low + high) / 2
        low, high = (alpha, high) if net_flow(alpha) > 0 else (low, alpha)
    t = (np.arange(n) + 0.5) / n
    opened = -np.exp(alpha * (t - closing)) * np.sin(omega * t) / sin(omega * closing)
    returned = -(np.exp(-epsilon * (t - closing)) - end) / (epsilon * ra)
    return np.where(t < closing, opened, returned)


@lru_cache(maxsize=1)
def _spectra() -> np.ndarray:
    """Fourier transforms of the pulse (rd, frequency in thirty-seconds of F0), complex64."""
    grid = np.arange(RD_RANGE[0], RD_RANGE[1] + _RD_STEP / 2, _RD_STEP)
    pulses = np.stack([lf_pulse(float(rd), _PERIOD) for rd in grid])
    spectra = np.fft.rfft(pulses, _PERIOD * _PER_HARMONIC, axis=1) / _PERIOD
    return spectra[:, : _HARMONICS * _PER_HARMONIC].astype(np.complex64)


def glottal_spectrum(rd: np.ndarray, f0_hz: np.ndarray, freqs_hz: np.ndarray) -> np.ndarray:
    """Return the pulse's spectrum (M, F) complex64 at ``freqs_hz`` (F,) for the Rd and F0 of M moments."""
    table = _spectra()
    row = np.rint((np.clip(rd, *RD_RANGE) - RD_RANGE[0]) / _RD_STEP).astype(np.int64) * table.shape[1]
    position = (freqs_hz * _PER_HARMONIC / f0_hz[:, None]).astype(np.float32)
    np.minimum(position, table.shape[1] - 2, out=position)
    left = position.astype(np.int64)
    position -= left
    left += row[:, None]
    flat = table.ravel()
    below = flat[left]
    return below + position * (flat[left + 1] - below)


def pulse_train(phase_cycles: np.ndarray, f0_hz: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
    """Return band-limited pulses (T,): 1 + 2 Σ cos(2πk·phase) over all harmonics k below Nyquist.

    Args:
        phase_cycles: Phase in cycles; a pulse stands at each whole number.
        f0_hz: Fundamental frequency, which says how many harmonics fit.
        sample_rate_hz: Sample rate.
    """
    count = 2.0 * np.floor(0.49 * sample_rate_hz / f0_hz) + 1.0
    angle = pi * (phase_cycles - np.rint(phase_cycles))
    below = np.sin(angle)
    at_pulse = np.abs(below) < 1e-7
    return np.where(at_pulse, count, np.sin(count * angle) / np.where(at_pulse, 1.0, below))
