"""Seeded randomness of the virtual choir: named streams, slow curves, noise that knows no sample rate."""

from __future__ import annotations

import zlib
from math import ceil

import numpy as np

from singalike.errors import ConfigError


def stream(*key: int | str) -> np.random.Generator:
    """Return the random generator of a name such as ``stream("singer", 7)``: same key, same numbers.

    Args:
        key: What the numbers are for. Words are hashed with CRC-32, which is the same in every process.

    Raises:
        ConfigError: A number of the key is negative.
    """
    numbers = [zlib.crc32(part.encode()) if isinstance(part, str) else int(part) for part in key]
    if min(numbers) < 0:
        raise ConfigError(f"a seed cannot be negative: {key}", hint="use 0, 1, 2, …")
    return np.random.default_rng(numbers)


def wander(rng: np.random.Generator, times_seconds: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return a slow random curve (T,), normal numbers ``rate_hz`` a second joined by lines."""
    knots = np.arange(0.0, times_seconds[-1] + 2.0 / rate_hz, 1.0 / rate_hz)
    return np.interp(times_seconds, knots, rng.standard_normal(len(knots)))


def band_noise(rng: np.random.Generator, n_samples: int, *, sample_rate_hz: int) -> np.ndarray:
    """Return Gaussian white noise (n_samples,) float32 that is the same sound at every sample rate.

    The noise is drawn frequency by frequency, lowest first, so a higher rate only adds what lies above the
    lower rate's Nyquist frequency. Its density is 1/10000 per Hz (deviation 0.9 at 16 kHz).
    """
    seconds = ceil(n_samples / sample_rate_hz)
    n = seconds * sample_rate_hz
    bins = rng.standard_normal((n // 2 + 1, 2), dtype=np.float32)
    spectrum = bins.view(np.complex64)[:, 0] * np.float32(0.005 * n / np.sqrt(seconds))
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum, n)[:n_samples].astype(np.float32)
