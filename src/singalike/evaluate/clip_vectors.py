"""The vectors of clips, with what is known of each clip. One model only: others' vectors are refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from singalike.errors import ConfigError, ModelMismatchError, NotFiniteError

_SHOWN = 5  # how many clips an error names


@dataclass(frozen=True, eq=False)
class ClipVectors:
    """The vectors of clips, all of one model.

    Attributes:
        keys: N different names, ``<recording>@<start in seconds>``.
        vectors: (N, D).
        recordings: (N,) str, the recording of each clip.
        voices: (N,) str, the voice of each clip, by its whole name.
        model: Fingerprint of the model that made them.

    Raises:
        ConfigError: Shapes differ, there are no clips, or a clip is there twice.
    """

    keys: tuple[str, ...]
    vectors: np.ndarray
    recordings: np.ndarray
    voices: np.ndarray
    model: str

    def __post_init__(self) -> None:
        shapes = self.vectors.shape, self.recordings.shape, self.voices.shape
        if self.vectors.ndim != 2 or not len(self.keys) or {shape[:1] for shape in shapes} != {(len(self.keys),)}:
            raise ConfigError(f"{len(self.keys)} keys for vectors, recordings, voices {shapes}: not (N, D), (N,), (N,)")
        if len(set(self.keys)) < len(self.keys):
            twice = Counter(self.keys).most_common(1)[0][0]
            raise ConfigError(f"a clip has two vectors: {twice}")

    def __len__(self) -> int:
        return len(self.keys)

    def unit(self) -> np.ndarray:
        """Return the vectors with unit norm, (N, D); float32 where they came as such, else float64.

        Raises:
            NotFiniteError: A vector is zero or holds NaN or infinite values (the clips are named).
        """
        kind = np.float32 if self.vectors.dtype == np.float32 else np.float64
        vectors = self.vectors.astype(kind, copy=False)
        norms = np.linalg.norm(vectors, axis=1)
        if len(bad := np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))):
            named = "; ".join(self.keys[place] for place in bad[:_SHOWN])
            raise NotFiniteError(f"{len(bad)} vectors are zero or not finite: {named}")
        return vectors / norms[:, None]

    @staticmethod
    def concat(*parts: ClipVectors) -> ClipVectors:
        """Join clips of one model.

        Args:
            parts: At least one; no clip is in two.

        Returns:
            All clips in the order given.

        Raises:
            ModelMismatchError: The parts are of two models, or their vectors differ in length.
            ConfigError: A clip is in two parts, or there are no parts.
        """
        if not parts:
            raise ConfigError("no clips to join")
        if len(models := sorted({part.model for part in parts})) > 1:
            raise ModelMismatchError(
                f"vectors of {len(models)} models cannot be compared: {', '.join(models)}",
                hint="embed all clips with one model",
            )
        if len(lengths := sorted({part.vectors.shape[1] for part in parts})) > 1:
            raise ModelMismatchError(f"vectors of one model differ in length: {lengths}")
        return ClipVectors(
            keys=tuple(key for part in parts for key in part.keys),
            vectors=np.concatenate([part.vectors for part in parts]),
            recordings=np.concatenate([part.recordings for part in parts]),
            voices=np.concatenate([part.voices for part in parts]),
            model=models[0],
        )
