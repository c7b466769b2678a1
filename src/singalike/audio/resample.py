"""From one sample rate to another, by soxr."""

from __future__ import annotations

import numpy as np

from singalike.errors import ConfigError


def resample(samples: np.ndarray, *, from_hz: float, to_hz: float) -> np.ndarray:
    """Resample a waveform with soxr's linear-phase "HQ" filter (pass-band to 91 % of the lower Nyquist rate).

    Parameters
    ----------
    samples : np.ndarray [shape=(T,)]
        Any finite real waveform.
    from_hz, to_hz : float
        The rate of ``samples`` and the rate wanted, in Hz.

    Returns
    -------
    np.ndarray [shape=(round(T * to_hz / from_hz),)], float32
        Sample ``k`` lies at ``k / to_hz`` seconds: there is no delay. Equal rates: as it is.

    Raises
    ------
    ConfigError
        When a rate is not positive.
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ConfigError(f"cannot resample from {from_hz} Hz to {to_hz} Hz", hint="rates are positive")
    samples = np.asarray(samples, dtype=np.float32)
    if from_hz == to_hz or not len(samples):
        return samples
    import soxr

    out = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    length = round(len(samples) * to_hz / from_hz)  # soxr's own rounding differs by a sample now and then
    return np.pad(out, (0, max(0, length - len(out))))[:length].astype(np.float32, copy=False)
