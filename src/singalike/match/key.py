"""By how many semitones an accompaniment is moved to be in the voice's key.

How much of each pitch class is heard is compared with the diatonic scale on each of the twelve tonics (the correlation
of C. Krumhansl's key finding, "Cognitive foundations of musical pitch", 1990, with the bare scale as its profile: a
major key and its relative minor are one). The shift is the one under which both are likeliest in one scale,

    argmax_s Σ_k exp(β ρ_voice(k)) · exp(β ρ_band(k − s)),    |s| ≤ 3,

ρ being correlations. A voice that leaves out a degree of the scale fits several of them, a fifth apart.
"""

from __future__ import annotations

import numpy as np

from singalike.extras import MATCH_HINT, needs_extra
from singalike.match.onsets import LISTEN_HZ
from singalike.match.tuning import tuning

MAX_SHIFT = 3
_SCALE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)).astype(float)
_SHARPNESS = 24.0  # β
_HOP = 1024
_SOUNDING = 0.1  # of the loudest pitch class of all moments
_LONGEST_SECONDS = 180.0
_SHORTEST_SECONDS = 2.0


def sung_pitches(samples: np.ndarray) -> np.ndarray | None:
    """Return for how many moments each pitch class (12,) is the loudest; None below 2 s. One voice, one pitch.

    Args:
        samples: (T,) a voice alone at LISTEN_HZ.
    """
    chroma = _chroma(samples)
    if chroma is None:
        return None
    loudest = chroma.max(axis=0)
    sounding = loudest > _SOUNDING * loudest.max()
    return np.bincount(chroma[:, sounding].argmax(axis=0), minlength=12).astype(float)


def played_pitches(samples: np.ndarray) -> np.ndarray | None:
    """Return how much of each pitch class (12,) there is in a band or mix (T,) at LISTEN_HZ; None below 2 s."""
    chroma = _chroma(samples)
    return None if chroma is None else chroma.mean(axis=1)


def best_shift(voice: np.ndarray, band: np.ndarray) -> int:
    """Return the semitones, −3 to 3, by which the band moves into the voice's scale.

    Args:
        voice, band: (12,) each, from C up, of any scale.
    """
    sung, played = _scales(voice), _scales(band)
    shifts = range(-MAX_SHIFT, MAX_SHIFT + 1)
    fits = [float(sung @ np.roll(played, shift)) for shift in sorted(shifts, key=abs)]
    return sorted(shifts, key=abs)[int(np.argmax(fits))]  # of equals the smallest


def _scales(pitches: np.ndarray) -> np.ndarray:
    """Return how likely each of the twelve scales (12,) is, up to a factor."""
    deviations = pitches - pitches.mean()
    spread = float(np.linalg.norm(deviations)) or 1.0
    template = _SCALE - _SCALE.mean()
    template /= np.linalg.norm(template)
    correlations = np.array([deviations @ np.roll(template, tonic) for tonic in range(12)]) / spread
    return np.exp(_SHARPNESS * (correlations - 1.0))


def _chroma(samples: np.ndarray) -> np.ndarray | None:
    """Return the chroma (12, N) of the first three minutes by a constant-Q transform, at the recording's tuning."""
    with needs_extra(MATCH_HINT, who="hearing a key"):
        import librosa
    if len(samples) < _SHORTEST_SECONDS * LISTEN_HZ:
        return None
    heard = samples[: round(_LONGEST_SECONDS * LISTEN_HZ)]
    return librosa.feature.chroma_cqt(y=heard, sr=LISTEN_HZ, hop_length=_HOP, norm=None, tuning=tuning(heard))
