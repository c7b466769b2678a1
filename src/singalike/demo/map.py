"""Vectors to a map of two dimensions, for the eye only: the scores are the truth."""

from __future__ import annotations

import numpy as np


def project(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Project vectors onto their first two principal components.

    Args:
        vectors: (N, D), N of at least 2.

    Returns:
        Positions (N, 2), centred on zero, each axis turned so that its largest value is positive (an SVD
        leaves the sign open); and the share of the variance they show, 0 to 1.

    Reference:
        K. Pearson: On lines and planes of closest fit to systems of points in space. Phil. Mag. 2, 1901.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    positions = np.zeros((len(vectors), 2))
    shown = min(2, len(s))
    positions[:, :shown] = u[:, :shown] * s[:shown]
    peaks = positions[np.abs(positions).argmax(axis=0), np.arange(2)]
    variance = float((s**2).sum())
    return positions * np.where(peaks < 0, -1.0, 1.0), float((s[:2] ** 2).sum()) / variance if variance else 1.0
