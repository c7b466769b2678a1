"""Where an accompaniment begins under a voice, so that beats fall on beats.

The onset strengths of both, folded to one bar of four beats, are correlated at every shift within the bar. Folding
and correlating are one sum over the multiples f/4, f/2, ... of the beat frequency,

    C(τ) = Re Σ_k X_voice(k f/4) · conj(X_band(k f/4)) · exp(2πi k (f/4) τ),    k = 1 ... 32,

each with its own f, so nothing has to be stretched to hear where it would fit. A voice hardly
tells which beat of the bar is the first: count on the beat, not on the bar.
"""

from __future__ import annotations

import numpy as np

from singalike.match.onsets import Onsets

BEATS_PER_BAR = 4
_MULTIPLES = np.arange(1, 33) / BEATS_PER_BAR
_STEP_SECONDS = 0.001

# A drum is loudest at once; a voice swells, and its level rises fastest some time after the note is meant to begin. By
# how much later than a drum's: measured on singers and bands 1000 to 1099 of the virtual choir.
VOICE_RISES_SECONDS = 0.027


def beat_offset(
    query: Onsets, match: Onsets, *, query_bpm: float, match_bpm: float, query_is_voice: bool, match_is_voice: bool
) -> float:
    """Return when the stretched accompaniment has to begin.

    Args:
        query: Onsets of the song whose voice is to be sung.
        match: Onsets of the song whose accompaniment is to be played, as it is.
        query_bpm: The query's tempo.
        match_bpm: The match's tempo, folded to what becomes ``query_bpm``.
        query_is_voice, match_is_voice: Whether the onsets are of a voice alone.

    Returns:
        Seconds in (−bar, 0]: the accompaniment's first sample lies there on the query's time line, and what is
        before 0 is left out.
    """
    voice = query.coefficients(_MULTIPLES * query_bpm / 60.0)
    band = match.coefficients(_MULTIPLES * match_bpm / 60.0)
    bar_seconds = BEATS_PER_BAR * 60.0 / query_bpm
    shifts = np.arange(0.0, bar_seconds, _STEP_SECONDS)
    turns = np.outer(shifts, _MULTIPLES * query_bpm / 60.0)
    correlation = np.real(np.exp(2j * np.pi * turns) @ (voice * np.conj(band)))
    late = VOICE_RISES_SECONDS * (query_is_voice - match_is_voice * match_bpm / query_bpm)
    return -float((late - shifts[correlation.argmax()]) % bar_seconds)
