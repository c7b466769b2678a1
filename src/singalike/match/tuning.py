"""How far a recording is tuned from A = 440 Hz: where the peaks of its spectra gather between two semitones.

librosa's own estimate does the same by code that is compiled when it is first used; a process crashed in it that began
at once with another.
"""

from __future__ import annotations

import numpy as np

from singalike.match.onsets import LISTEN_HZ

_FFT, _HOP = 2048, 1024
_LOW_HZ, _HIGH_HZ = 150.0, 4000.0
_LOUD = 0.1  # of the frame's loudest
_STEPS = 100  # to a semitone


def tuning(samples: np.ndarray) -> float:
    """Return the deviation in semitones, −0.5 to 0.5; 0 where nothing has a pitch.

    Args:
        samples: (T,) at LISTEN_HZ, at least one frame.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FFT)[::_HOP]
    magnitudes = np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1))
    before, here, after = magnitudes[:, :-2], magnitudes[:, 1:-1], magnitudes[:, 2:]
    bins_hz = np.arange(1, magnitudes.shape[1] - 1) * LISTEN_HZ / _FFT
    peaks = (here > before) & (here >= after) & (here > _LOUD * magnitudes.max(axis=1, keepdims=True))
    peaks &= (bins_hz > _LOW_HZ) & (bins_hz < _HIGH_HZ)
    rows, columns = np.nonzero(peaks)
    if not len(rows):
        return 0.0
    # The top of a parabola through the peak and its neighbours lies between bins.
    b, h, a = (side[rows, columns] for side in (before, here, after))
    bent = b - 2 * h + a
    moved = 0.5 * (b - a) / np.where(bent == 0, 1.0, bent)
    semitones = 12 * np.log2((columns + 1 + moved) * LISTEN_HZ / _FFT / 440.0)
    counts, edges = np.histogram((semitones + 0.5) % 1.0 - 0.5, bins=_STEPS, range=(-0.5, 0.5))
    return float(edges[np.argmax(counts)] + 0.5 / _STEPS)
