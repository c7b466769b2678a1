"""Why two recordings are close: the two windows that are closest, with their times, to be listened to."""

from __future__ import annotations

import numpy as np

from singalike.library.results import SegmentPair
from singalike.library.voiceprint import Voiceprint


def closest_segments(query: Voiceprint, hit: Voiceprint) -> SegmentPair:
    """Return the pair of windows, one of each recording, with the highest cosine; the earliest such pair."""
    cosines = query.window_vectors @ hit.window_vectors.T  # (N, M)
    i, j = np.unravel_index(int(cosines.argmax()), cosines.shape)
    return SegmentPair(*_span(query, i), *_span(hit, j), score=float(np.clip(cosines[i, j], -1.0, 1.0)))


def _span(voiceprint: Voiceprint, window: np.intp) -> tuple[float, float]:
    start = float(voiceprint.starts_seconds[window])
    return start, max(start, min(start + voiceprint.window_seconds, voiceprint.seconds))
