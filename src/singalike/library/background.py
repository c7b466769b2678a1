"""What a cosine means among the recordings of one library.

One room, one language, one song: recordings that have it in common are alike, whoever sings. How much, a library shows
by itself, and what a card's calibration says is read accordingly (:meth:`singalike.model.card.Calibration.against`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from singalike.model.background import background

if TYPE_CHECKING:
    from singalike.model.card import Calibration

_ENOUGH = 500  # recordings


def read_among(
    calibration: Calibration | None, vectors: np.ndarray, voices: np.ndarray | None = None
) -> Calibration | None:
    """Return a calibration as it is read among recordings with these unit vectors (N, D), of these voices if known.

    Too few recordings, or none of another voice where voices are known, say nothing: then it is read as of two
    recordings alone.
    """
    if calibration is None or calibration.background is None:
        return calibration
    # All pairs of all exemplars would not fit into memory: a few hundred say as much.
    some = np.unique(np.linspace(0, max(0, len(vectors) - 1), min(_ENOUGH, len(vectors))).round().astype(np.int64))
    level = background(vectors[some], None if voices is None else voices[some])
    return calibration.of_two() if level is None else calibration.against(level)
