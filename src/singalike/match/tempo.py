"""Tempo, and by how much one recording must be stretched to go with another.

A steady beat is a peak in the Fourier spectrum X of the onset strength (a tempogram over the whole recording; P.
Grosche, M. Müller, "Extracting predominant local pulse information from music recordings", IEEE TASLP 2011). A beat
frequency f is as good as

    S(f) = Σ_{h=1..4} |X(h f)| + ½ |X(f/2)| + ½ |X(f/4)|

says, times a broad preference for tempi around 110 a minute: halves and quarters of beats, two beats, a bar. The peak
is found in the mean spectrum of 30-s pieces and made precise in that of the whole, where an error of 0.1 % would be
a quarter of a second after four minutes. Whether a beat is felt twice as fast or slow is a matter of taste; here
it does not matter, see :func:`fit_stretch`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.match.onsets import Onsets

LOWEST_STRETCH, HIGHEST_STRETCH = 0.77, 1.30
MIN_SECONDS = 4.0  # eight beats at 120 a minute
MIN_STRENGTH = 2.4  # noise and random onsets reach 2.4 (in 90 trials); steady singing has 3 to 6, drums 10 and more
_SLOWEST_BPM, _FASTEST_BPM, _USUAL_BPM = 55.0, 215.0, 110.0
_PIECE_SECONDS = 30.0
_NEAR = 0.02  # how far a tempo may lie from what was found in pieces, or from what somebody says
_WEIGHTS = {0.25: 0.5, 0.5: 0.5, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}


@dataclass(frozen=True)
class Tempo:
    """A steady tempo.

    Attributes:
        bpm: Beats a minute.
        strength: S at its peak over the median of S; 1 is no beat at all.
    """

    bpm: float
    strength: float


@dataclass(frozen=True)
class Stretch:
    """How an accompaniment is brought to a tempo.

    Attributes:
        fold: ½, 1 or 2: the accompaniment's beats are counted at that many times its tempo.
        ratio: New duration over old: ``fold · accompaniment's tempo / wanted tempo``.
    """

    fold: float
    ratio: float

    @property
    def allowed(self) -> bool:
        """Whether the ratio is within .77 to 1.30."""
        return LOWEST_STRETCH <= self.ratio <= HIGHEST_STRETCH


def find_tempo(onsets: Onsets, *, near_bpm: float | None = None) -> Tempo | None:
    """Find the tempo of a recording.

    Args:
        onsets: Of the recording.
        near_bpm: The tempo as somebody says it is: the peak within 2 % of it is taken, however weak.

    Returns:
        None where no beat is found: less than 4 s, nothing begins, or nothing steadily.
    """
    seconds = len(onsets.strength) / onsets.rate_hz
    if near_bpm is not None and (seconds < MIN_SECONDS or not onsets.strength.any()):
        return Tempo(near_bpm, 1.0)
    if seconds < MIN_SECONDS or not onsets.strength.any():
        return None
    bpm = np.geomspace(_SLOWEST_BPM, _FASTEST_BPM, 7000)
    score = _score(*_mean_spectrum(onsets), bpm)
    strength = float(score.max() / np.median(score))
    if near_bpm is None and strength < MIN_STRENGTH:
        return None
    around = near_bpm or float(bpm[score.argmax()])
    close = around * np.linspace(1 - _NEAR, 1 + _NEAR, 2001)
    precise = _score(*onsets.magnitudes(len(onsets.strength)), close)
    return Tempo(float(close[precise.argmax()]), strength)


def fit_stretch(*, wanted_bpm: float, bpm: float) -> Stretch:
    """Return the gentlest stretch from ``bpm`` to ``wanted_bpm``, beats being counted at ½, 1 or 2 times ``bpm``.

    At most one of the three is within .77 to 1.30, which is less than an octave.
    """
    folds = [Stretch(fold, fold * bpm / wanted_bpm) for fold in (0.5, 1.0, 2.0)]
    return min(folds, key=lambda stretch: abs(np.log(stretch.ratio)))


def _mean_spectrum(onsets: Onsets) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz and the mean magnitudes of pieces that overlap by half."""
    size = min(len(onsets.strength), round(_PIECE_SECONDS * onsets.rate_hz))
    firsts = range(0, len(onsets.strength) - size + 1, max(1, size // 2))
    spectra = [onsets.piece(first, size).magnitudes(size) for first in firsts]
    return spectra[0][0], np.mean([magnitudes for _, magnitudes in spectra], axis=0)


def _score(frequencies_hz: np.ndarray, magnitudes: np.ndarray, bpm: np.ndarray) -> np.ndarray:
    """Return S (K,) of tempi (K,), with the preference for usual ones."""
    score = sum(
        weight * np.interp(multiple * bpm / 60.0, frequencies_hz, magnitudes) for multiple, weight in _WEIGHTS.items()
    )
    return score * np.exp(-0.5 * np.log2(bpm / _USUAL_BPM) ** 2)
