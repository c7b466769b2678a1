"""Twenty seconds of a mix as a picture: the voice above, the accompaniment below, on one time line."""

from __future__ import annotations

import numpy as np

from singalike.match.crossmix import SAMPLE_RATE_HZ, Mixed

_WIDTH, _HALF = 900, 60
_SECONDS = 20.0
_VISIBLE = 0.05  # of the voice's peak


def waveforms(mixed: Mixed) -> str:
    """Return an SVG that begins where the voice does; each part is drawn to its own scale."""
    magnitude = np.abs(mixed.voice).max(axis=0)
    first = int(np.argmax(magnitude > _VISIBLE * magnitude.max()))
    last = first + round(_SECONDS * SAMPLE_RATE_HZ)
    lanes = [
        _lane(part[:, first:last], (1 + 2 * i) * _HALF) for i, part in enumerate((mixed.voice, mixed.accompaniment))
    ]
    label = f"voice and accompaniment from {first / SAMPLE_RATE_HZ:.1f} s on"
    return f'<svg viewBox="0 0 {_WIDTH} {4 * _HALF}" role="img" aria-label="{label}">{"".join(lanes)}</svg>'


def _lane(part: np.ndarray, middle: int) -> str:
    """Return the envelope of (2, T) as a path about a height."""
    pieces = np.array_split(np.abs(part).max(axis=0), _WIDTH)
    peaks = np.array([float(piece.max(initial=0.0)) for piece in pieces])
    heights = 0.95 * _HALF * peaks / max(float(peaks.max()), 1e-9)
    strokes = "".join(f"M{x} {middle - h:.1f}V{middle + h:.1f}" for x, h in enumerate(heights) if h >= 0.1)
    return f'<path d="{strokes}" stroke="var(--accent)"/>'
