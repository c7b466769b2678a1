"""How alike the recordings of a collection are, whoever sings."""

from __future__ import annotations

import numpy as np

FEWEST = 20  # recordings that say how alike a collection is


def background(vectors: np.ndarray, voices: np.ndarray | None = None) -> float | None:
    """Return the median cosine of two recordings of a collection: how alike they are, whoever sings.

    Most pairs of a collection are of two voices, so nobody needs to know which are.

    Args:
        vectors: (N, D) of unit norm, one a recording.
        voices: (N,) names, where they are known: then pairs of one voice are left out.

    Returns:
        A cosine; None where fewer than :data:`FEWEST` recordings, or a single voice, say too little.
    """
    pairs = np.triu_indices(len(vectors), 1)
    cosines = (vectors @ vectors.T)[pairs]
    if voices is not None:
        cosines = cosines[(voices[:, None] != voices)[pairs]]
    return float(np.median(cosines)) if len(vectors) >= FEWEST and len(cosines) else None
