"""Foreign encoders and baselines behind one small interface, to be measured like our own models."""

from __future__ import annotations

from typing import Protocol

import numpy as np

BASELINES_HINT = "pip install 'singalike[baselines]'"


class Baseline(Protocol):
    """What every encoder of this folder offers.

    Attributes:
        name: Its name in tables; names the weights, too, where there are several.
        sample_rate_hz: The rate it takes.
    """

    name: str
    sample_rate_hz: int

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (D,) of samples (T,) at its own rate."""
        ...

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Return the vectors (N, D) of a whole evaluation set as they are to be compared by cosine."""
        ...
