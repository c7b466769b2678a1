"""Where there is a voice: what a model's own vectors say of it.

Vectors of voices lie in one part of a speaker encoder's space, vectors of instruments and noises in another, so a
logistic regression on the vectors of windows tells them apart. It comes with the model's card.
"""

from __future__ import annotations

import numpy as np
import pydantic


class VoiceDetector(pydantic.BaseModel):
    """A logistic regression on unit vectors.

    Attributes:
        weights: (D,), :attr:`bias`: ``P(voice | vector) = 1 / (1 + exp(-(weights·vector + bias)))``, where half of all
            windows have a voice.
        least: below this probability, a window is no part of what a recording's vector is the mean of; from there on it
            weighs as much as its probability.
        fitted_on: what it was fitted on, in words.
    """

    weights: list[float]
    bias: float
    least: float
    fitted_on: str

    def probability(self, vectors: np.ndarray) -> np.ndarray:
        """Return the probability (N,) float32 that there is a voice in windows with these vectors (N, D)."""
        score = vectors @ np.array(self.weights, np.float32) + np.float32(self.bias)
        return 0.5 * (1.0 + np.tanh(score / 2.0))  # the logistic, without overflow
