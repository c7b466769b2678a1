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


def read_among(
    calibration: Calibration | None, vectors: np.ndarray, voices: np.ndarray | None = None
) -> Calibration | None:
    """Return a calibration as it is read among recordings with these unit vectors (N, D), of these voices if known.

    Too few recordings, and those of one voice, leave it as it is.
    """
    level = None if calibration is None else background(vectors, voices)
    return calibration if calibration is None or level is None else calibration.against(level)
