"""Foreign encoders and baselines behind one small interface, to be measured like our own models."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from singalike.errors import ConfigError, NotFiniteError, SilentError, TooShortError

BASELINES_HINT = "pip install 'singalike[train,baselines]'"


class Baseline(Protocol):
    """What every encoder of this folder offers; whoever inherits says only what is particular to it.

    Attributes:
        name: How it is called, on the command line and in results.
        fingerprint: The sha256 of its weights, or of what defines it; vectors of two fingerprints are never compared.
        sample_rate_hz: The rate it takes.
    """

    name: str
    fingerprint: str
    sample_rate_hz: int

    def embed(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vector (D,) float32 of mono samples (T,) at its own rate.

        Raises:
            ConfigError: Another rate, or another shape.
            InputError: The samples are too few, silent or not finite.
        """
        ...

    def embed_layers(self, samples: np.ndarray, *, sample_rate_hz: int) -> np.ndarray:
        """Return the vectors (L, D) that a linear probe may weigh; the one vector where there are no layers."""
        return self.embed(samples, sample_rate_hz=sample_rate_hz)[None]

    @property
    def space(self) -> str:
        """What vectors that can be compared share: the fingerprint, but for one read-out of a model with several."""
        return self.fingerprint

    def of(self, domain: str) -> Baseline:
        """Return what embeds ``"vocals"`` or ``"mixture"``: itself, but for a model with an encoder for each."""
        return self

    def finish(self, matrix: np.ndarray) -> np.ndarray:
        """Return the vectors (N, D) of a whole evaluation set as they are to be compared by cosine."""
        return matrix


def checked(samples: np.ndarray, sample_rate_hz: int, *, by: Baseline, at_least: int = 1) -> np.ndarray:
    """Return the samples (T,) as float32 if baseline ``by`` can embed them.

    Raises:
        ConfigError: Another rate than its own, or not one channel.
        TooShortError: Fewer than ``at_least`` samples.
        NotFiniteError: NaN or infinite samples.
        SilentError: All samples are zero.
    """
    if sample_rate_hz != by.sample_rate_hz:
        raise ConfigError(f"{by.name} takes {by.sample_rate_hz} Hz, not {sample_rate_hz}")
    if samples.ndim != 1:
        raise ConfigError(f"{by.name} takes mono samples (T,), not {samples.shape}")
    if len(samples) < at_least:
        raise TooShortError(f"{len(samples) / sample_rate_hz:.3f} s of audio", hint=f"{by.name} needs more")
    if not np.isfinite(samples).all():
        raise NotFiniteError("NaN or infinite samples")
    if not samples.any():
        raise SilentError("all samples are zero")
    return np.ascontiguousarray(samples, dtype=np.float32)
