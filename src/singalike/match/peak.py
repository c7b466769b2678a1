"""True peak: how loud a waveform is between its samples (ITU-R BS.1770-4, annex 2: four times oversampled)."""

from __future__ import annotations

import numpy as np

from singalike.audio.resample import resample

CEILING_DBTP = -1.0
_TIMES = 4
_BLOCK = 1 << 20  # samples at a time; four times oversampled they take 16 MB
_MARGIN = 1 << 10  # on both sides, for the resampler's filter


def true_peak(samples: np.ndarray, *, sample_rate_hz: int) -> float:
    """Return the largest magnitude of a recording (C, T) between its samples too; 1 is full scale."""
    peak = 0.0
    for channel in samples:
        for first in range(0, len(channel), _BLOCK):
            piece = channel[max(0, first - _MARGIN) : first + _BLOCK + _MARGIN]
            between = resample(piece, from_hz=sample_rate_hz, to_hz=_TIMES * sample_rate_hz)
            peak = max(peak, float(np.abs(between).max()), float(np.abs(piece).max()))
    return peak


def gain_under_ceiling(peak: float) -> float:
    """Return the one gain, at most 1, that keeps a true peak at or under −1 dBTP.

    One gain for the whole mix and not a limiter's: that would turn the voice down wherever the band is loud.
    """
    ceiling = 10.0 ** (CEILING_DBTP / 20.0)
    return 1.0 if peak <= ceiling else ceiling / peak
