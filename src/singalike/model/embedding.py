"""What a model makes of a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from singalike.audio.quality import Quality


@dataclass(frozen=True)
class Windows:
    """Vectors of a recording's windows with sound, and with a voice where the model can tell.

    Attributes:
        vectors: (N, D) float32, unit norm.
        starts_seconds: (N,) where each begins.
        window_seconds: how long each is.
    """

    vectors: np.ndarray
    starts_seconds: np.ndarray
    window_seconds: float


@dataclass(frozen=True)
class Embedding:
    """A recording as a vector.

    Attributes:
        vector: (D,) float32, unit norm: the mean of the windows' unit vectors, weighed as the card's ``pooling`` says,
            and by how surely each has a voice, normalised (of both read-outs: each).
        spread: 1 − mean cosine of the windows to the vector; 0 for one window.
        windows: what it is the mean of.
        seconds, sounding_seconds: length of the recording, and of what sounds in it.
        voice_seconds: length of the windows in which a voice is heard; None where the model cannot tell, or was not
            to.
        quality: what was noticed about the audio.
        fingerprint: the model it is of; only vectors of one model can be compared.
        readout: which of the model's encoders it is of; "" where there is one alone.
    """

    vector: np.ndarray
    spread: float
    windows: Windows
    seconds: float
    sounding_seconds: float
    quality: Quality
    fingerprint: str
    readout: str = ""
    voice_seconds: float | None = None
