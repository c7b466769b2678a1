"""Control tracks of the virtual choir: curves of a thousand points a second, joined from breakpoints and smoothed."""

from __future__ import annotations

import numpy as np

CONTROL_RATE_HZ = 1000


def joined(times_seconds: np.ndarray, points: list[tuple]) -> np.ndarray:
    """Join breakpoints by straight lines; one that lies before its predecessor is moved up to it.

    Args:
        times_seconds: (K,) where to evaluate.
        points: (seconds, value) each; a value is a number or an array (D,).

    Returns:
        (K,) for numbers, (K, D) for arrays.
    """
    when, what = zip(*points, strict=True)
    when, values = np.maximum.accumulate(when), np.asarray(what)
    if values.ndim == 1:
        return np.interp(times_seconds, when, values)
    return np.stack([np.interp(times_seconds, when, column) for column in values.T], axis=1)


def smooth(track: np.ndarray, seconds: float) -> np.ndarray:
    """Smooth a track (K,) by a Hann window of that length; the ends are held."""
    width = max(3, int(seconds * CONTROL_RATE_HZ) | 1)
    kernel = np.hanning(width + 2)[1:-1]
    padded = np.pad(track, width // 2, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
