"""The vectors of one recording as the library keeps them, checked before anything is stored or compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from singalike.errors import NotFiniteError

if TYPE_CHECKING:
    from singalike.model.embedding import Embedding

_UNIT_TOLERANCE = 1e-3  # float32 and a network's own rounding stay far below this


@dataclass(frozen=True)
class Voiceprint:
    """The vectors of one recording and what was learned about its audio.

    Attributes
    ----------
    vector : np.ndarray [shape=(D,)], float32, unit norm
    starts_seconds : np.ndarray [shape=(N,)], float64
    window_vectors : np.ndarray [shape=(N, D)], float32, unit norm
    window_seconds, spread, seconds, sounding_seconds : float
    flags : tuple of str
    readout : str
        Which of the model's encoders they are of; "" where there is one alone.
    """

    vector: np.ndarray
    starts_seconds: np.ndarray
    window_vectors: np.ndarray
    window_seconds: float
    spread: float
    seconds: float
    sounding_seconds: float
    flags: tuple[str, ...]
    readout: str = ""

    @classmethod
    def of(cls, embedding: Embedding, *, where: object = None) -> Voiceprint:
        """Take over a model's `embedding`.

        Raises
        ------
        NotFiniteError
            A vector is not finite or not of unit length: it would poison every later comparison.
        """
        vector = np.ascontiguousarray(embedding.vector, np.float32)
        windows = np.ascontiguousarray(embedding.windows.vectors, np.float32).reshape(-1, vector.size)
        for name, rows in (("vector", vector[None]), ("window vectors", windows)):
            # A comparison with NaN is false, so this one test also catches NaN and infinity.
            if not np.all(np.abs(np.linalg.norm(rows, axis=1) - 1) < _UNIT_TOLERANCE):
                raise NotFiniteError(f"the model's {name} is not finite or not of unit length", where=where)
        return cls(
            vector=vector,
            starts_seconds=np.asarray(embedding.windows.starts_seconds, np.float64),
            window_vectors=windows,
            window_seconds=float(embedding.windows.window_seconds),
            spread=float(embedding.spread),
            seconds=float(embedding.seconds),
            sounding_seconds=float(embedding.sounding_seconds),
            flags=tuple(embedding.quality.flags),
            readout=embedding.readout,
        )
