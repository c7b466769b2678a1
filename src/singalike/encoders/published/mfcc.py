"""MFCC statistics: the baseline that has learnt nothing.

20 mel-frequency cepstral coefficients (librosa's defaults: 2048-sample windows, hop 512, 128 Slaney mel
bands, 80 dB range) of a recording, their mean and standard deviation over time, each dimension standardised
over the evaluation set, compared by cosine (Davis and Mermelstein 1980 for the coefficients).
"""

from __future__ import annotations

import hashlib

import numpy as np

from singalike.encoders.published import BASELINES_HINT, Baseline, checked
from singalike.errors import MissingExtraError

SAMPLE_RATE_HZ = 16_000
_COEFFICIENTS = 20
_DEFINITION = "MFCC statistics 1: mean and deviation of 20 coefficients, librosa's defaults at 16 kHz"


class MfccStatistics(Baseline):
    """Mean and standard deviation of 20 MFCCs; vectors of 40 numbers.

    Args:
        standardised: Standardise over the evaluation set; without it the loudness coefficient, by far the
            largest, decides nearly alone.

    Raises:
        MissingExtraError: ``librosa`` is not installed.
    """

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, *, standardised: bool = True) -> None:
        self.name = "mfcc" if standardised else "mfcc-plain"
        self.fingerprint = hashlib.sha256(f"{_DEFINITION}, {self.name}".encode()).hexdigest()
        self._standardised = standardised
        try:
            from librosa.feature import mfcc
        except ImportError as error:
            raise MissingExtraError("MFCC needs librosa", hint=BASELINES_HINT) from error
        self._mfcc = mfcc

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return 20 means, then 20 standard deviations, (40,) float32, not yet standardised, of samples (T,).

        Raises:
            ConfigError: Another rate than 16 kHz, or another shape.
            InputError: The samples are too few, silent or not finite.
        """
        samples = checked(samples, sample_rate_hz, by=self)
        frames = self._mfcc(y=samples, sr=sample_rate_hz, n_mfcc=_COEFFICIENTS)
        return np.concatenate((frames.mean(axis=1), frames.std(axis=1))).astype(np.float32)

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Standardise each dimension over the set, (N, 40) → (N, 40), unless asked not to."""
        if not self._standardised:
            return matrix
        spread = matrix.std(axis=0)
        return (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
