"""How much begins at each moment of a recording: what tempo and beats are read from.

The rise of each mel band's level, in dB, over 29 ms; the mean over the bands (spectral flux: S. Dixon, "Onset
detection revisited", DAFx 2006). Of a voice only bands up to 2 kHz: a consonant hisses before the beat, its vowel
begins on it. Of anything with a band up to 8 kHz, where drums are clearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.extras import MATCH_HINT, needs_extra

LISTEN_HZ = 22_050
_HOP, _WINDOW = 128, 1024
_LOWEST_HZ = 80.0
_VOICE_HZ, _VOICE_BANDS = 2000.0, 30
_BAND_HZ, _BAND_BANDS = 8000.0, 60
_RISE = 5  # hops
_RANGE_DB = 80.0
_LEAST_DB = 0.1  # per band; less is rounding, which a held tone repeats as steadily as a drum
_EDGE_SECONDS = 0.1  # a file that begins in the middle of a sound has no onset there
_LONGEST_SECONDS = 600.0  # of what is listened to; it bounds memory


@dataclass(frozen=True)
class Onsets:
    """Onset strength.

    Attributes:
        strength: (N,) float64, at least 0, in dB per band.
        rate_hz: Values a second; value ``i`` is at ``i / rate_hz`` seconds.
    """

    strength: np.ndarray
    rate_hz: float

    def coefficients(self, frequencies_hz: np.ndarray) -> np.ndarray:
        """Return the Fourier coefficients (F,) complex at frequencies (F,), under a Hann window."""
        times = np.arange(len(self.strength)) / self.rate_hz
        return np.array([self._tapered @ np.exp(-2j * np.pi * hz * times) for hz in frequencies_hz])

    def magnitudes(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the spectrum's frequencies in Hz and magnitudes, zero-padded to at least ``8 · size`` values."""
        padded = 1 << int(np.ceil(np.log2(8 * size)))
        return np.fft.rfftfreq(padded, 1 / self.rate_hz), np.abs(np.fft.rfft(self._tapered, padded))

    def piece(self, first: int, size: int) -> Onsets:
        """Return the ``size`` values from ``first`` on."""
        return Onsets(self.strength[first : first + size], self.rate_hz)

    @property
    def _tapered(self) -> np.ndarray:
        return (self.strength - self.strength.mean()) * np.hanning(len(self.strength))


def find_onsets(samples: np.ndarray, *, voice: bool) -> Onsets:
    """Return the onset strength of a waveform; of its first ten minutes.

    Args:
        samples: (T,) at :data:`LISTEN_HZ`.
        voice: Whether it is a voice alone.

    Raises:
        MissingExtraError: librosa is not installed.
    """
    with needs_extra(MATCH_HINT, who="hearing a beat"):
        import librosa
    mel = librosa.feature.melspectrogram(
        y=samples[: round(_LONGEST_SECONDS * LISTEN_HZ)],
        sr=LISTEN_HZ,
        n_fft=_WINDOW,
        hop_length=_HOP,
        n_mels=_VOICE_BANDS if voice else _BAND_BANDS,
        fmin=_LOWEST_HZ,
        fmax=_VOICE_HZ if voice else _BAND_HZ,
    )
    level_db = librosa.power_to_db(mel, ref=np.max, top_db=_RANGE_DB)
    rate_hz = LISTEN_HZ / _HOP
    strength = np.zeros(level_db.shape[1])
    if len(strength) > _RISE:
        rise_db = np.maximum(level_db[:, _RISE:] - level_db[:, :-_RISE], 0.0).mean(axis=0)
        before = (_RISE + 1) // 2  # a rise belongs to its middle
        strength[before : before + len(rise_db)] = np.where(rise_db < _LEAST_DB, 0.0, rise_db)
    edge = round(_EDGE_SECONDS * rate_hz)
    strength[:edge] = strength[len(strength) - edge :] = 0.0
    return Onsets(strength, rate_hz)
