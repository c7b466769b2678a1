"""MFCC statistics: the baseline that has learnt nothing.

20 mel-frequency cepstral coefficients (librosa's defaults: 2048-sample windows, hop 512, 128 Slaney mel
bands, 80 dB range) of a recording, their mean and standard deviation over time, each dimension standardised
over the evaluation set, compared by cosine (Davis and Mermelstein 1980 for the coefficients).
"""

from __future__ import annotations

import numpy as np

from singalike.encoders.published import BASELINES_HINT
from singalike.errors import ConfigError, MissingExtraError

SAMPLE_RATE_HZ = 16_000
_COEFFICIENTS = 20


class MfccStatistics:
    """Mean and standard deviation of 20 MFCCs; vectors of 40 numbers.

    Args:
        standardised: Standardise over the evaluation set; without it the loudness coefficient, by far the
            largest, decides nearly alone.

    Raises:
        MissingExtraError: ``librosa`` is not installed.
    """

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(self, *, standardised: bool = True) -> None:
        self.name = "MFCC statistics" if standardised else "MFCC statistics, not standardised"
        self._standardised = standardised
        try:
            from librosa.feature import mfcc
        except ImportError as error:
            raise MissingExtraError("MFCC needs librosa", hint=BASELINES_HINT) from error
        self._mfcc = mfcc

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Embed one recording.

        Args:
            samples: (T,) mono.
            sample_rate_hz: Must be 16 000.

        Returns:
            (40,) float32: 20 means, then 20 standard deviations; not yet standardised.

        Raises:
            ConfigError: Another sample rate.
        """
        if sample_rate_hz != SAMPLE_RATE_HZ:
            raise ConfigError(f"MFCC statistics take {SAMPLE_RATE_HZ} Hz, not {sample_rate_hz}")
        frames = self._mfcc(y=samples, sr=sample_rate_hz, n_mfcc=_COEFFICIENTS)
        return np.concatenate((frames.mean(axis=1), frames.std(axis=1))).astype(np.float32)

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Standardise each dimension over the set, (N, 40) → (N, 40), unless asked not to."""
        if not self._standardised:
            return matrix
        spread = matrix.std(axis=0)
        return (matrix - matrix.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
